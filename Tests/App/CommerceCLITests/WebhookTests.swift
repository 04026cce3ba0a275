import Foundation
import TestSupport
import Testing

/// `commerce webhook` and `commerce events`, the built program on a real database. No worker has run before.
@Suite("commerce webhook")
struct WebhookTests {
    private static let key = "0123456789abcdef0123456789abcdef"

    private static func environment(_ shop: LifecycleShop, allowsPrivate: Bool = true) -> [String: String] {
        [
            "DATABASE_URL": shop.database.url, "ENCRYPTION_KEY": key, "WEBHOOK_ALLOW_PRIVATE": allowsPrivate ? "on" : "off",
            "WEBHOOK_LIMIT": "3",
        ]
    }

    private static func object(_ text: some StringProtocol) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    private static func objects(_ text: String) throws -> [[String: Any]] {
        try text.split(separator: "\n").map { try object($0) }
    }

    @Test("endpoints are added, listed, disabled, enabled, rotated and removed; secrets are shown once, and queries never")
    func endpoints() async throws {
        try await onOwnThread {
            let shop = try LifecycleShop()
            let environment = Self.environment(shop)
            func run(_ arguments: String...) throws -> Command {
                try ServiceProcess.run(["webhook"] + arguments, environment: environment)
            }
            let added = try run("add", "--events", "order.*", "https://example.com/hook?token=hunter2", "--events", "stock.low")
            #expect(added.status == .exited(0) && added.error.isEmpty, "\(added.error)")
            #expect(added.output.split(separator: "\n", omittingEmptySubsequences: false).count == 2)
            let first = try Self.object(added.output)
            let (id, secret) = try (#require(first["id"] as? String), #require(first["secret"] as? String))
            #expect(Set(first.keys) == ["id", "secret"] && secret.hasPrefix("whsec_") && UUID(uuidString: id) != nil)

            let everything = try run("add", "http://127.0.0.1:9/")
            #expect(everything.status == .exited(0))
            let lines = try run("list", "--json")
            let listed = try Self.objects(lines.output)
            #expect(listed.map { $0["url"] as? String } == ["https://example.com/hook", "http://127.0.0.1:9/"])
            #expect(listed.map { $0["events"] as? [String] } == [["order.*", "stock.low"], ["*"]])
            #expect(listed.map { $0["state"] as? String } == ["active", "active"])
            let table = try run("list")
            #expect(table.output.split(separator: "\n").count == 3 && table.output.contains(id))

            #expect(try run("disable", id).output == "disabled \(id)\n")
            let ping = try run("ping", id)
            #expect(
                ping.status == .exited(1) && ping.error == "commerce: the webhook is disabled: commerce webhook enable \(id)\n")
            #expect(try Self.objects(run("list", "--json").output).first?["state"] as? String == "disabled")
            #expect(try run("enable", id).output == "enabled \(id)\n")
            #expect(try run("ping", id).output.hasPrefix("sent event "))

            let rotated = try Self.object(run("rotate", id, "--keep", "2h").output)
            let second = try #require(rotated["secret"] as? String)
            #expect(second != secret && rotated["id"] as? String == id)
            let end = try #require(rotated["previous_valid_until"] as? String)
            #expect(end.hasSuffix("Z"))
            let other = try ServiceProcess.run(
                ["webhook", "rotate", id], environment: environment.merging(["ENCRYPTION_KEY": "another" + Self.key]) { $1 })
            #expect(other.status == .exited(78) && other.error.contains("--forget"))

            for output in [lines, table, try run("list"), try run("deliveries"), try run("deliveries", "--json")] {
                #expect(!output.output.contains("whsec_") && !output.output.contains("hunter2") && output.error.isEmpty)
            }
            #expect(try run("add", "https://example.com/3").status == .exited(0))
            let over = try run("add", "https://example.com/4")
            #expect(
                over.status == .exited(1)
                    && over.error == "commerce: WEBHOOK_LIMIT allows 3 webhooks, and there are as many\n")

            #expect(try run("remove", id).output == "removed \(id)\n")
            let unknown = "01890000-0000-7000-8000-000000000001"
            for arguments in [
                ["remove", id], ["enable", unknown], ["disable", unknown], ["ping", unknown], ["rotate", unknown],
                ["replay", "--endpoint", unknown], ["replay", "\(unknown):1"], ["deliveries", unknown],
                ["deliveries", "--json", unknown],
            ] {
                let done = try ServiceProcess.run(["webhook"] + arguments, environment: environment)
                #expect(
                    done.status == .exited(1) && done.error == "commerce: there is no webhook with this id\n",
                    "\(arguments): \(done.error)")
            }
            #expect(try Self.objects(run("list", "--json").output).count == 2)
        }
    }

    @Test("without WEBHOOK_ALLOW_PRIVATE only public https URLs are added; an error does not repeat the URL")
    func publicOnly() async throws {
        try await onOwnThread {
            let shop = try LifecycleShop()
            let environment = Self.environment(shop, allowsPrivate: false)
            for url in [
                "http://hunter2.example/", "https://127.0.0.1/hunter2", "https://localhost/hunter2", "https://2130706433/hunter2",
                "https://hunter2:x@example.com/", "https://example.com:22/hunter2", "https://[::ffff:169.254.169.254]/hunter2",
            ] {
                let done = try ServiceProcess.run(["webhook", "add", url], environment: environment)
                #expect(done.status == .exited(64) && done.output.isEmpty, "\(url)")
                #expect(done.error.hasPrefix("commerce: the URL ") && !done.error.contains("hunter2"), "\(url): \(done.error)")
            }
            #expect(
                try ServiceProcess.run(["webhook", "add", "https://example.com/"], environment: environment).status == .exited(0))
            #expect(try shop.database.execute("SELECT count(*) FROM event_target WHERE kind = 'webhook'") == "1")
        }
    }

    @Test("without a key, adding warns that secrets are not protected")
    func unprotected() async throws {
        try await onOwnThread {
            let shop = try LifecycleShop()
            let done = try ServiceProcess.run(
                ["webhook", "add", "https://example.com/"], environment: ["DATABASE_URL": shop.database.url])
            #expect(done.status == .exited(0) && done.error.contains("ENCRYPTION_KEY") && done.error.contains("webhooks"))
            let id = try #require(try Self.object(done.output)["id"] as? String)
            let rotated = try ServiceProcess.run(
                ["webhook", "rotate", id], environment: ["DATABASE_URL": shop.database.url])
            #expect(rotated.status == .exited(0) && rotated.error.contains("ENCRYPTION_KEY"))
        }
    }

    @Test("no secret is made with other keys than the service's, as long as a secret shows which it has")
    func otherKeys() async throws {
        try await onOwnThread {
            let shop = try LifecycleShop()
            let environment = Self.environment(shop)
            let added = try ServiceProcess.run(["webhook", "add", "https://example.com/"], environment: environment)
            let id = try #require(try Self.object(added.output)["id"] as? String)
            let before = try shop.database.execute("SELECT * FROM event_target")
            let keys: [[String: String]] = [
                [:], ["ENCRYPTION_KEY": "another" + Self.key], ["JWT_SECRET": Self.key + Self.key],
            ]
            for key in keys {
                let others = environment.filter { $0.key != "ENCRYPTION_KEY" }.merging(key) { $1 }
                for arguments in [["add", "https://example.com/2"], ["rotate", id]] {
                    let done = try ServiceProcess.run(["webhook"] + arguments, environment: others)
                    #expect(done.status == .exited(78) && done.output.isEmpty, "\(arguments): \(done.output)")
                    #expect(
                        done.error.hasPrefix("commerce: ENCRYPTION_KEY opens no webhook's secret: ")
                            && done.error.split(separator: "\n").count == 1, "\(arguments): \(done.error)")
                }
            }
            #expect(try shop.database.execute("SELECT * FROM event_target") == before)
            // While the key rotates, and after it was lost.
            let new = environment.merging(["ENCRYPTION_KEY": "another" + Self.key]) { $1 }
            let both = new.merging(["ENCRYPTION_KEY_PREVIOUS": Self.key]) { $1 }
            #expect(try ServiceProcess.run(["webhook", "rotate", id], environment: both).status == .exited(0))
            let lost = environment.merging(["ENCRYPTION_KEY": "third" + Self.key]) { $1 }
            let forgotten = try ServiceProcess.run(["webhook", "rotate", id, "--forget"], environment: lost)
            #expect(forgotten.status == .exited(0) && forgotten.error.contains("only to a service with this ENCRYPTION_KEY"))
            let after = try ServiceProcess.run(["webhook", "add", "https://example.com/2"], environment: lost)
            #expect(after.status == .exited(0) && after.error.isEmpty, "\(after.error)")
        }
    }

    @Test("a database that cannot be reached, an old schema and wrong settings have their exit codes")
    func failures() async throws {
        try await onOwnThread {
            let id = "01890000-0000-7000-8000-000000000001"
            let empty = try LifecycleShop(isMigrated: false)
            for arguments in [
                ["webhook", "add", "https://example.com/"], ["webhook", "list"], ["webhook", "deliveries"],
                ["webhook", "ping", id],
                ["webhook", "rotate", id], ["webhook", "enable", id], ["webhook", "disable", id], ["webhook", "remove", id],
                ["webhook", "replay", "--endpoint", id], ["events", "list"], ["events", "deliveries", id],
                ["events", "replay", id],
                ["events", "replay", "--type", "*", "--since", "1h"],
            ] {
                var environment = ["DATABASE_URL": "postgresql://a@127.0.0.1:1/a", "ENCRYPTION_KEY": Self.key]
                let down = try ServiceProcess.run(arguments, environment: environment)
                #expect(down.status == .exited(69), "\(arguments): \(down.error)")
                environment["DATABASE_URL"] = empty.database.url
                let behind = try ServiceProcess.run(arguments, environment: environment)
                #expect(
                    behind.status == .exited(1) && behind.error.contains("commerce migrate up"), "\(arguments): \(behind.error)")
                environment["WEBHOOK_TIMEOUT"] = "1s"
                let wrong = try ServiceProcess.run(arguments, environment: environment)
                #expect(wrong.status == .exited(78), "\(arguments): \(wrong.error)")
                #expect(wrong.error == "commerce: WEBHOOK_CONNECT_TIMEOUT is more than WEBHOOK_TIMEOUT; expected at most 1s\n")
            }
        }
    }

    @Test("deliveries and events are shown and replayed")
    func replays() async throws {
        try await onOwnThread {
            let shop = try LifecycleShop()
            let environment = Self.environment(shop)
            func run(_ arguments: String...) throws -> Command { try ServiceProcess.run(arguments, environment: environment) }
            let id = try #require(
                try Self.object(run("webhook", "add", "http://127.0.0.1:9/", "--events", "order.*").output)["id"] as? String)
            let order = "01890000-0000-7000-8000-00000000000a"
            try shop.database.execute(
                """
                DELETE FROM outbox;
                INSERT INTO outbox (id, type, version, aggregate_type, aggregate_id, sequence, payload, occurred_at) OVERRIDING SYSTEM VALUE
                    SELECT ('01890000-0000-7000-8000-00000000010' || n)::uuid, CASE n WHEN 4 THEN 'stock.low' ELSE 'order.placed' END, 1,
                    'order', '\(order)', n, json_build_object('n', n), now() - interval '1 hour' * (5 - n) FROM generate_series(1, 4) n;
                UPDATE relay SET position = (SELECT max(position) FROM outbox);
                INSERT INTO delivery (target_id, position, aggregate_id, state, attempts, ended_at, attempted_at, status, duration_ms, answer, error)
                    SELECT '\(id)', position, aggregate_id, CASE sequence WHEN 1 THEN 'dead' ELSE 'delivered' END, 9, now(), now(), 500, 12,
                    'no', 'answered 500' FROM outbox WHERE sequence < 3
                """)
            let listed = try Self.objects(run("webhook", "deliveries", id, "--json").output)
            #expect(listed.map { $0["state"] as? String } == ["delivered", "dead"])
            let dead = try #require(try Self.objects(run("webhook", "deliveries", "--state", "dead", "--json").output).first)
            #expect(dead["status"] as? Int == 500 && dead["duration_ms"] as? Int == 12 && dead["answer"] as? String == "no")
            #expect(dead["attempts"] as? Int == 9 && dead["type"] as? String == "order.placed")
            let table = try run("webhook", "deliveries", "--limit", "1").output
            #expect(table.split(separator: "\n").count == 2 && table.contains("answered 500: no"))

            let name = try #require(dead["delivery"] as? String)
            #expect(try run("webhook", "replay", name).output == "1 delivery is pending again\n")
            #expect(try run("webhook", "replay", "\(id):999999").error == "commerce: there is no such delivery\n")
            #expect(
                try shop.database.execute("SELECT state, attempts FROM delivery ORDER BY position") == "pending|9\ndelivered|9")
            #expect(try run("webhook", "replay", "--endpoint", id).output == "0 deliveries are pending again\n")
            #expect(try run("webhook", "replay", "--endpoint", id, "--since", "150m").output == "1 delivery is pending again\n")
            #expect(try shop.database.execute("SELECT count(*) FROM delivery WHERE state = 'pending'") == "2")

            let events = try Self.objects(run("events", "list", "--json").output)
            #expect(
                events.map { $0["sequence"] as? Int } == [4, 3, 2, 1] && (events[0]["payload"] as? [String: Int]) == ["n": 4])
            #expect(try run("events", "list", "--type", "order.*", "--limit", "2").output.split(separator: "\n").count == 3)
            #expect(try Self.objects(run("events", "list", "--aggregate", order, "--limit", "1", "--json").output).count == 1)
            let low = try #require(events[0]["id"] as? String)
            #expect(try run("events", "deliveries", low).output.split(separator: "\n").count == 1)
            #expect(try run("events", "deliveries", low).output.hasPrefix("KIND  ATTEMPTED"))
            #expect(try run("events", "replay", low).output == "0 deliveries are pending\n")
            #expect(try run("events", "replay", low, "--endpoint", id).output == "1 delivery is pending\n")
            #expect(
                try Self.objects(run("events", "deliveries", low, "--json").output).map { $0["kind"] as? String } == ["webhook"])
            let all = try run("events", "replay", "--type", "order.*", "--since", "2000-01-01T00:00:00Z")
            #expect(all.output == "3 deliveries are pending\n")
            for arguments in [["events", "deliveries", order], ["events", "replay", order]] {
                let done = try ServiceProcess.run(arguments, environment: environment)
                #expect(
                    done.status == .exited(1) && done.error.contains("there is no event with this id"),
                    "\(arguments): \(done.error)")
            }
            #expect(try run("events", "replay", low, "--endpoint", order).error == "commerce: there is no target with this id\n")
        }
    }

    @Test("a running service delivers orders and pings, and notices what the commands change")
    func service() async throws {
        let shop = try LifecycleShop()
        try await shop.database.execute(
            "INSERT INTO stock_movement (variant_id, on_hand, reserved, reason) SELECT variant_id, on_hand, reserved, 'import' FROM stock"
        )
        let receiver = try await onOwnThread { try WebhookReceiver() }
        let environment = Self.environment(shop)
        let service = try await shop.serve(environment)
        try await onOwnThread {
            func run(_ arguments: String...) throws -> Command {
                let done = try ServiceProcess.run(["webhook"] + arguments, environment: environment)
                #expect(done.status == .exited(0), "\(arguments): \(done.error)")
                return done
            }
            func place() throws -> HTTPTestResponse {
                try service.client().request(
                    "POST", "/v1/orders",
                    headers: [
                        ("Idempotency-Key", UUID().uuidString.lowercased()),
                        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
                    ],
                    json: """
                        {"items":[{"sku":"LAMP","quantity":1}],"email":"ada@example.com","shipping_address":{"name":"Ada","line1":"1 Row",\
                        "city":"Leeds","postal_code":"LS1 4AP","country":"GB"}}
                        """)
            }
            let added = try Self.object(run("add", receiver.url("/orders?token=hunter2"), "--events", "order.*").output)
            let (id, first) = try (#require(added["id"] as? String), #require(added["secret"] as? String))
            try receiver.setSecrets([first])
            // The row is noticed by the next poll, and the order's event is for those who are there then.
            let ping = try run("ping", id).output.split(separator: " ").last.map { $0.trimmingCharacters(in: .newlines) }
            try receiver.wait { $0.count == 1 }
            #expect(receiver.requests.first?.headers["webhook-id"] == ping)

            let placed = try place()
            #expect(placed.status == 201, "\(placed.text)")
            let order = try #require(try Self.object(placed.text)["id"] as? String)
            try receiver.wait { $0.count == 2 }
            let request = try #require(receiver.requests.last)
            let body = try Self.object(request.body)
            #expect(
                request.verified == [true] && request.path == "/orders?token=hunter2" && body["type"] as? String == "order.placed"
            )
            #expect(request.headers["traceparent"]?.hasPrefix("00-4bf92f3577b34da6a3ce929d0e0e4736-") == true)
            #expect((body["aggregate"] as? [String: Any])?["id"] as? String == order)
            #expect((body["data"] as? [String: Any])?["id"] as? String == order)

            // The outcome is recorded soon after.
            var listed = ""
            _ = Deadline(seconds: 20).poll(every: 50) {
                listed = (try? run("deliveries", id).output) ?? ""
                return listed.components(separatedBy: "delivered").count == 3
            }
            #expect(listed.contains("order.placed") && listed.contains("webhook.ping") && listed.contains("204"), "\(listed)")

            let second = try #require(try Self.object(run("rotate", id).output)["secret"] as? String)
            try receiver.setSecrets([second, first])
            // Each time, as the workers notice the rotation with their next poll.
            let rotated = try Deadline(seconds: 20).poll(every: 200) {
                _ = try run("ping", id)
                return receiver.requests.last?.verified == [true, true]
            }
            #expect(rotated)

            // An endpoint keeps what it has not got when it is disabled, so the last pings come first: the relay passes them, and they arrive.
            let passed = "SELECT (SELECT max(position) FROM outbox) <= (SELECT position FROM relay)"
            let pending = "SELECT count(*) FROM delivery WHERE state = 'pending'"
            #expect(
                Deadline(seconds: 20).poll(every: 50) {
                    (try? shop.database.execute(passed)) == "t" && (try? shop.database.execute(pending)) == "0"
                })
            _ = try run("disable", id)
            try service.waitForLog("a target gets no more deliveries")
            let received = receiver.requests.count
            #expect(try place().status == 201)
            // The relay has passed the order's event.
            #expect(Deadline(seconds: 20).poll(every: 50) { (try? shop.database.execute(passed)) == "t" })
            #expect(try shop.database.execute(pending) == "0" && receiver.requests.count == received)
            let audit = try ServiceProcess.run(["audit"], environment: environment)
            #expect(audit.status == .exited(0), "\(audit.output)")
            let log = service.standardOutput + service.standardError
            for text in [first, second, "hunter2", "whsec_"] { #expect(!log.contains(text)) }
            _ = try service.terminate()
        }
    }
}
