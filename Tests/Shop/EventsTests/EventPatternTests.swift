import PostgresClient
import ShopTestSupport
import TestSupport
import Testing

@testable import Events

@Suite("Patterns of events")
struct EventPatternTests {
    @Test(
        "patterns are types, groups and the asterisk",
        arguments: ["*", "order.*", "order.placed", "a.b.c", "a.b.*", "stock", "a_1.b2"])
    func valid(text: String) {
        #expect(EventPattern(text)?.text == text)
    }

    @Test(
        "anything else is no pattern",
        arguments: [
            "", ".", "order.", ".placed", "order..placed", "*.placed", "order.*.x", "order*", "ord*.placed", "**", "order.**",
            "Order.placed", "order placed", "order.%", "order.\u{E4}", "order\n", "\u{212A}.a",
            String(repeating: "a", count: 101),
        ])
    func invalid(text: String) {
        #expect(EventPattern(text) == nil)
    }

    @Test("no pattern matches a ping, and lists show pings all the same")
    func ping() throws {
        for text in ["*", "webhook.*", "webhook.ping"] {
            #expect(EventPattern(text)?.matches("webhook.ping") == false)
        }
        #expect(EventPattern("webhook.*")?.matches("webhook.disabled") == true)
    }

    @Test("PostgreSQL and Swift agree, for thousands of patterns and types")
    func agreement() async throws {
        let shop = try await onOwnThread { try ShopDatabase() }
        var generator = SeededGenerator(seed: 71)
        func word() -> String {
            let words = [
                "order", "ord", "placed", "a", "b", "a_b", "axb", "webhook", "ping", "p_ng", "disabled", "stock", "order_1",
            ]
            return words.randomElement(using: &generator) ?? ""
        }
        func type() -> String { (0..<Int.random(in: 1...3, using: &generator)).map { _ in word() }.joined(separator: ".") }
        var cases: [(type: String, patterns: [EventPattern])] = []
        for _ in 0..<5_000 {
            let patterns = (0..<Int.random(in: 0...3, using: &generator)).compactMap { _ in
                EventPattern(
                    [type(), type() + ".*", Int.random(in: 0...9, using: &generator) == 0 ? "*" : type()].randomElement(
                        using: &generator) ?? "")
            }
            // Often a type that one of the patterns begins with.
            let near = patterns.first.map { $0.text.replacing("*", with: word()) } ?? type()
            cases.append((Bool.random(using: &generator) ? near : type(), patterns))
        }
        let connection = try BlockingConnection(connectionString: shop.database.url)
        var matched = 0
        for (type, patterns) in cases {
            let list = patterns.map(\.text)
            let rows = try connection.query(
                """
                SELECT \(EventPattern.condition(type: "e.type", patterns: "t.events")), \
                \(Outbox.isWanted("e.type")) AND e.type <> 'webhook.ping' \
                FROM (SELECT \(type)::text AS type) e, (SELECT \(list) AS events, 'active' AS state) t
                """)
            let row = try #require(rows.first)
            let expected = patterns.contains { $0.matches(type) }
            #expect(try row[0, as: Bool.self] == expected, "\(type) \(list)")
            #expect(try row[1, as: Bool.self] == expected, "\(type) \(list)")
            matched += expected ? 1 : 0
            if let pattern = patterns.first, type != "webhook.ping" {
                let selected = try connection.query("SELECT \(pattern.selection(of: "\(type)::text"))").first?[0, as: Bool.self]
                #expect(selected == pattern.matches(type), "\(type) \(pattern)")
            }
        }
        #expect(matched > 500 && matched < 4_500)
    }
}
