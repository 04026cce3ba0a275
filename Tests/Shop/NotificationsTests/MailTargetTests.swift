import Accounts
import Events
import EventLoop
import Formats
import Foundation
import Logging
import Orders
import PostgresClient
import SMTPClient
import ShopTestSupport
import TestSupport
import Testing
import Web

@testable import Notifications

/// From an event to a mail: a real database, and aiosmtpd as the mail server.
@Suite("Mail target")
struct MailTargetTests {
    private struct Received: Decodable {
        let sender: String
        let recipients: String
        let from: String
        let to: String
        let subject: String
        let id: String
        let automatic: String
        let language: String
        let text: String
        let html: String
    }

    private struct Fixture {
        let shop: ShopDatabase
        let orders: OrderStore
        let target: MailTarget
        let mailbox: MailboxStore
    }

    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Runs a test with a target that sends to a server, or keeps mails in the mailbox.
    private func run(
        port: String?, language: MailLanguage = .english, alerts: String? = "ops@shop.example",
        _ body: @escaping (Fixture) async throws -> Void
    ) async throws {
        let shop = try ShopDatabase()
        try shop.load(#"{"name":"A","sku":"A","price":1299,"stock":1000}"#)
        try await StoreLoop.run(shop.database.url) { pool, loop in
            let orders = OrderStore(pool: pool, tokenLifetime: .seconds(900))
            let transport: any MailTransport =
                if let port {
                    SMTPTransport(loop: loop, server: try SMTPServer(url: "smtp://127.0.0.1:\(port)?tls=off"), logger: Self.quiet)
                } else {
                    MailboxStore(pool: pool)
                }
            let settings = MailTargetSettings(
                sender: MailSender(name: "Pottery & Söhne", address: "shop@shop.example"), publicURL: "https://shop.example/s",
                alertAddress: alerts, language: language, templates: try MailTemplates.embedded.get())
            let target = MailTarget(
                loop: loop, settings: settings, orders: orders,
                accounts: AccountMailStore(pool: pool, orders: orders, settings: AccountSettings()), transport: transport,
                logger: Self.quiet)
            do {
                try await body(Fixture(shop: shop, orders: orders, target: target, mailbox: MailboxStore(pool: pool)))
            } catch {
                await target.close()
                throw error
            }
            await target.close()
        }
    }

    private func event(_ type: String, _ payload: [UInt8], version: Int = 1) -> Event {
        Event(
            id: UUID(), position: 1, type: type, version: version, aggregateType: "order", aggregate: UUID(), sequence: 1,
            payload: payload,
            traceID: nil, occurredAt: .now)
    }

    /// The event of an order as its store shows it.
    private func event(_ type: String, _ order: UUID, _ fixture: Fixture) async throws -> Event {
        event(type, try #require(try await fixture.orders.order(.id(order), key: .token(hash: RandomToken.hash(of: "x")))).json())
    }

    private func received(_ peer: PeerProcess) throws -> [Received] {
        try peer.lines.map { try JSONDecoder().decode(Received.self, from: Data($0.utf8)) }
    }

    private func name(_ outcomes: [DeliveryOutcome]) -> String {
        outcomes.map { outcome in
            switch outcome {
            case .delivered: "delivered"
            case .failed: "failed"
            case .refused: "refused"
            case .gone: "gone"
            }
        }.joined(separator: " ")
    }

    /// The token of the link in a text.
    private func token(_ text: String, _ order: UUID) throws -> String {
        let start = try #require(text.firstRange(of: "https://shop.example/s/orders/\(order.uuidString.lowercased())#"))
        return String(text[start.upperBound...].prefix { !$0.isWhitespace && $0 != "\"" })
    }

    @Test(
        "an order's event becomes a mail in the shopper's language, whose link opens the order; a repeat has the same Message-ID")
    func order() async throws {
        let peer = try PeerProcess("mail_receiver")
        try await run(port: peer.value("port")) { fixture in
            let order = try fixture.shop.insertOrder(email: "zoë@bücher.example", locale: "de", name: "Zoë \u{202E}<b>😀")
            let event = try await event("order.placed", order, fixture)
            for _ in 0..<2 { #expect(name(await fixture.target.deliver([event])) == "delivered") }
            let mails = try received(peer)
            try #require(mails.count == 2)
            let number = try fixture.shop.query("SELECT number FROM orders")
            for mail in mails {
                #expect(mail.sender == "shop@shop.example" && mail.recipients == "zoë@xn--bcher-kva.example")
                #expect(mail.to == "zoë@xn--bcher-kva.example" && mail.from == "Pottery & Söhne <shop@shop.example>")
                #expect(mail.subject == "Ihre Bestellung \(number) bei Pottery & Söhne" && mail.language == "de")
                #expect(mail.automatic == "auto-generated" && mail.id == "<\(event.id.text)@shop.example>")
                #expect(mail.text.contains("Guten Tag Zoë <b>😀,") && mail.text.contains("2.598,00\u{A0}$"))
                #expect(
                    mail.html.contains("Zoë &lt;b&gt;😀") && !mail.html.contains("<b>")
                        && mail.html.contains("Pottery &amp; Söhne"))
                let token = try token(mail.text, order)
                #expect(token.utf8.count == 43 && mail.html.contains("#\(token)\""))
                #expect(try await fixture.orders.order(.id(order), key: .token(hash: RandomToken.hash(of: token))) != nil)
            }
            let tokens = try mails.map { try token($0.text, order) }
            #expect(tokens[0] != tokens[1])
            let database = fixture.shop.database
            let dump = try await onOwnThread {
                try Command.check([TestEnvironment.read().postgresPrograms + "/pg_dump", "--data-only", database.url])
            }
            for token in tokens { #expect(!dump.contains(token)) }
        }
    }

    @Test("the language is that of the order, else that of the shop") func languages() async throws {
        let peer = try PeerProcess("mail_receiver")
        try await run(port: peer.value("port"), language: .german) { fixture in
            for locale in ["en", nil, "fr"] {
                let order = try fixture.shop.insertOrder(locale: locale)
                for type in ["order.cancelled", "order.expired"] {
                    #expect(name(await fixture.target.deliver([try await event(type, order, fixture)])) == "delivered")
                }
            }
            #expect(try received(peer).map(\.language) == ["en", "en", "de", "de", "de", "de"])
            #expect(
                try received(peer)[2].subject.hasSuffix("wurde storniert")
                    && received(peer)[3].subject.hasSuffix("ist abgelaufen"))
        }
    }

    @Test("what cannot be sent is refused, what may be sent later fails, and no report names the recipient") func outcomes()
        async throws
    {
        let peer = try PeerProcess("mail_receiver")
        try await run(port: peer.value("port")) { fixture in
            let refused = try fixture.shop.insertOrder(email: "refused@example.com")
            let later = try fixture.shop.insertOrder(email: "later@müller.example")
            let erased = try fixture.shop.insertOrder(email: "erased@example.com")
            let erasedEvent = try await event("order.placed", erased, fixture)
            _ = try fixture.shop.query("UPDATE orders SET email = '', erased_at = now() WHERE id = '\(erased)'")
            let blanked = try await event("order.placed", erased, fixture)
            let expected: [(Event, String, Int?, String?)] = [
                (try await event("order.placed", refused, fixture), "refused", 550, nil),
                (try await event("order.placed", later, fixture), "failed", 451, nil), (erasedEvent, "refused", nil, "erased"),
                (blanked, "refused", nil, "erased"),
                (event("order.placed", Array("{".utf8)), "refused", nil, "the event's payload cannot be read"),
                (event("order.placed", Array("{}".utf8)), "refused", nil, "the event's payload cannot be read"),
                (event("stock.low", Array("[]".utf8)), "refused", nil, "the event's payload cannot be read"),
                (event("order.shipped", Array("{}".utf8)), "delivered", nil, nil),
                (event("order.placed", [], version: 2), "delivered", nil, nil),
            ]
            for (event, outcome, status, error) in expected {
                let outcomes = await fixture.target.deliver([event])
                #expect(name(outcomes) == outcome, "\(event.type) \(outcomes)")
                let report = try #require(outcomes.first).report
                #expect(report.status == status)
                if let error { #expect(report.error == error) }
                #expect(report.answer == nil && report.error?.contains("@") != true && report.duration >= .zero)
            }
            #expect(peer.lines.isEmpty)
            // A mail that was refused has given its token to no one; one that may have arrived keeps it.
            #expect(try fixture.shop.query("SELECT DISTINCT order_id FROM order_token") == later.uuidString.lowercased())
        }
    }

    @Test("a payload's address cannot add recipients or commands") func addresses() async throws {
        let peer = try PeerProcess("mail_receiver")
        try await run(port: peer.value("port")) { fixture in
            let order = try fixture.shop.insertOrder()
            let payload = String(decoding: try await event("order.placed", order, fixture).payload, as: UTF8.self)
            for address in ["a@b.co,c@d.co", #"a@b.co>\r\nRCPT TO:<c@d.co"#, "a b@c.de", "@", "a@b", #"\"x\"@y.de"#, "a@b.co "] {
                let outcomes = await fixture.target.deliver([
                    event("order.placed", Array(payload.replacing("ada@example.com", with: address).utf8))
                ])
                #expect(
                    name(outcomes) == "refused" && outcomes.first?.report.error == "the recipient's address is not valid",
                    "\(address)")
            }
            #expect(peer.lines.isEmpty)
        }
    }

    @Test("a mail server that is not there is tried again") func unreachable() async throws {
        let port = try FreePort.find()
        try await run(port: "\(port)") { fixture in
            let order = try fixture.shop.insertOrder()
            let outcomes = await fixture.target.deliver([try await event("order.placed", order, fixture)])
            #expect(name(outcomes) == "failed" && outcomes.first?.report.status == nil)
        }
    }

    @Test("alerts go to the operator where there is an address, in the shop's language") func alerts() async throws {
        let peer = try PeerProcess("mail_receiver")
        let events = [
            event(
                "webhook.disabled",
                Array(
                    #"{"id":"019a","url":"https://hooks.example/a?b=<c>","reason":"it has answered 410 (Gone)","reason_code":"gone","failing_since":null}"#
                        .utf8)),
            event(
                "stock.low", Array(#"{"sku":"MUG","name":"Mug","available":2,"threshold":5,"options":{},"variant_id":"x"}"#.utf8)),
        ]
        try await run(port: peer.value("port"), language: .german) { fixture in
            for event in events { #expect(name(await fixture.target.deliver([event])) == "delivered") }
        }
        let mails = try received(peer)
        #expect(mails.map(\.recipients) == ["ops@shop.example", "ops@shop.example"])
        #expect(
            mails.map(\.subject) == [
                "Pottery & Söhne: Ein Webhook wurde deaktiviert", "Pottery & Söhne: Der Bestand von MUG ist niedrig",
            ])
        #expect(mails[0].text.contains("https://hooks.example/a?b=<c>") && mails[0].html.contains("b=&lt;c&gt;"))
        #expect(mails[0].text.contains("Grund: Der Empfänger hat") && !mails[0].text.contains("it has answered"))
        #expect(mails[1].text.contains("Meldegrenze: 5"))
        try await run(port: peer.value("port"), alerts: nil) { fixture in
            for event in events { #expect(name(await fixture.target.deliver([event])) == "delivered") }
        }
        #expect(peer.lines.count == 2)
    }

    @Test("without a mail server, the mailbox keeps the newest mails") func mailbox() async throws {
        try await run(port: nil) { fixture in
            let order = try fixture.shop.insertOrder()
            _ = try fixture.shop.query(
                """
                INSERT INTO mailbox_message (id, event_id, recipient, subject, message, created_at)
                    SELECT gen_random_uuid(), gen_random_uuid(), 'a@b.co', n::text, '', now() - interval '1 hour' + n * interval '1 second'
                    FROM generate_series(1, 505) n
                """)
            #expect(name(await fixture.target.deliver([try await event("order.placed", order, fixture)])) == "delivered")
            #expect(
                try fixture.shop.query("SELECT count(*), min(subject::int) FROM mailbox_message WHERE subject ~ '^[0-9]+$'")
                    == "499|7")
            let store = fixture.mailbox
            let list = try await store.list()
            #expect(list.count == 500)
            let newest = try #require(list.first)
            #expect(newest.recipient == "ada@example.com" && newest.subject.hasPrefix("Your order "))
            let parts = MailParts(try #require(try await store.entry(newest.id)).message)
            let token = try token(parts.text, order)
            #expect(try await fixture.orders.order(.id(order), key: .token(hash: RandomToken.hash(of: token))) != nil)
            #expect(parts.html.contains("#\(token)\"") && parts.header.contains("Auto-Submitted: auto-generated"))
            #expect(try await store.entry(UUID()) == nil)
        }
    }
}
