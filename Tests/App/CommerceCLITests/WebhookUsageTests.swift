import TestSupport
import Testing

/// What `commerce webhook` and `commerce events` say about a command line that makes no sense.
@Suite("commerce webhook: wrong usage")
struct WebhookUsageTests {
    /// No server is there: wrong usage shows before the database is needed.
    private static let down = ["DATABASE_URL": "postgresql://a@127.0.0.1:1/a"]

    @Test(
        "what makes no sense is wrong usage",
        arguments: [
            ["webhook", "add"], ["webhook", "add", "https://example.com/", "--events", "Order.*"], ["webhook", "enable", "1"],
            ["webhook", "deliveries", "--state", "lost"], ["webhook", "deliveries", "--limit", "0"],
            ["webhook", "deliveries", "--limit", "1001"], ["webhook", "replay"], ["webhook", "replay", "--dead"],
            ["webhook", "replay", "01890000-0000-7000-8000-000000000001"],
            ["webhook", "replay", "--endpoint", "01890000-0000-7000-8000-000000000001", "--dead", "--since", "1h"],
            ["webhook", "replay", "01890000-0000-7000-8000-000000000001:7", "--since", "1h"],
            ["webhook", "rotate", "01890000-0000-7000-8000-000000000001", "--keep", "31d"], ["events", "list", "--type", "a b"],
            ["events", "replay"], ["events", "replay", "--type", "*"], ["events", "replay", "--since", "1h"],
            ["events", "replay", "01890000-0000-7000-8000-000000000001", "--type", "*"], ["events", "deliveries"],
            ["events", "replay", "--type", "*", "--since", "yesterday"],
        ])
    func usage(arguments: [String]) throws {
        let done = try ServiceProcess.run(arguments, environment: Self.down)
        #expect(done.status == .exited(64) && done.output.isEmpty && done.error.hasPrefix("commerce: "), "\(done.error)")
    }

    @Test("the error about an argument says what was expected, and which help has more")
    func expectations() throws {
        let id = "01890000-0000-7000-8000-000000000001"
        let pattern = "expected a type like order.placed, a group like order.*, or *"
        for (arguments, name, expected) in [
            (["webhook", "add", "https://example.com/", "--events", "Order.*"], "webhook add", pattern),
            (["webhook", "enable", "1"], "webhook enable", "expected an id like 0199f0c2-7a31-7c5e-9d1b-5a4f3c2b1a09"),
            (["webhook", "deliveries", "1"], "webhook deliveries", "expected an id like "),
            (["webhook", "deliveries", "--state", "lost"], "webhook deliveries", "'pending', 'delivered' or 'dead'"),
            (["webhook", "deliveries", "--limit", "0"], "webhook deliveries", "expected a whole number from 1 to 1000"),
            (["webhook", "rotate", id, "--keep", "soon"], "webhook rotate", "expected a time span like 90s, 24h or 7d"),
            (["webhook", "rotate", id, "--keep", "31d"], "webhook rotate", "--keep is at most 30d"),
            (["webhook", "replay", id], "webhook replay", "expected a delivery as commerce webhook deliveries shows it"),
            (
                ["webhook", "replay", "--endpoint", id, "--since", "yesterday"], "webhook replay",
                "expected a time in the past like 2026-11-21"
            ),
            (["events", "list", "--type", "a b"], "events list", pattern),
            (["events", "replay", "--type", "a b", "--since", "1h"], "events replay", pattern),
            (["events", "deliveries", "1"], "events deliveries", "expected an id like "),
        ] {
            let done = try ServiceProcess.run(arguments, environment: [:])
            #expect(done.status == .exited(64), "\(arguments)")
            #expect(
                done.error.contains(expected) && done.error.hasSuffix(" (see: commerce \(name) --help)\n")
                    && done.error.split(separator: "\n").count == 1, "\(done.error)")
        }
    }

    @Test(
        "an argument with control characters cannot forge a line or move the cursor",
        arguments: [
            ["webhook", "enable", "1\ncommerce: enabled"], ["webhook", "enable", "1\r\n2\u{85}3\u{2028}4"],
            ["webhook", "add", "https://example.com/", "--events", "\u{1B}[2J\u{9B}1m\u{202E}"],
            ["webhook", "add", "https://example.com/", "--\u{1B}[31m\nred"],
            ["webhook", "add", "https://a.example/", "b\u{7}\nc"],
        ])
    func clean(arguments: [String]) throws {
        let done = try ServiceProcess.run(arguments, environment: Self.down)
        #expect(done.status == .exited(64) && done.output.isEmpty)
        let text = try #require(done.error.hasSuffix("\n") ? done.error.dropLast() : nil)
        #expect(text.hasPrefix("commerce: "))
        #expect(
            !text.unicodeScalars.contains {
                $0.properties.generalCategory == .control || $0.value == 0x202E || $0.value == 0x2028
            }, "\(text)")
    }

    @Test("a URL or a pattern that cannot be right is refused without settings and without a database")
    func beforeConnecting() throws {
        let types =
            "the types are order.placed, order.expired, order.cancelled, customer.registered, cart.abandoned, product.changed, stock.low, "
            + "webhook.disabled\n"
        for environment in [[:], Self.down] {
            for url in ["ftp://x.y", "example.com", "https://user@example.com/", "https://example.com/#a"] {
                let done = try ServiceProcess.run(["webhook", "add", url], environment: environment)
                #expect(done.status == .exited(64) && done.error.hasPrefix("commerce: the URL "), "\(url): \(done.error)")
            }
            for pattern in ["order.place", "webhook.ping", "orders.*", "order.placed.*", "ping"] {
                let done = try ServiceProcess.run(
                    ["webhook", "add", "https://example.com/", "--events", "order.*", "--events", pattern],
                    environment: environment)
                #expect(done.status == .exited(64) && done.output.isEmpty, "\(pattern)")
                #expect(
                    done.error == "commerce: no type of event that webhooks get matches '\(pattern)'; " + types, "\(done.error)")
            }
        }
        // Whether a private address may be used is a setting.
        let local = try ServiceProcess.run(["webhook", "add", "http://127.0.0.1/"], environment: Self.down)
        #expect(local.status == .exited(64) && local.error.hasPrefix("commerce: the URL "))
        let lenient = Self.down.merging(["WEBHOOK_ALLOW_PRIVATE": "on"]) { $1 }
        let allowed = try ServiceProcess.run(
            ["webhook", "add", "http://127.0.0.1/", "--events", "webhook.*"], environment: lenient)
        #expect(allowed.status == .exited(69), "\(allowed.error)")
    }
}
