import Foundation
import PostgresClient
import TestSupport
import Testing

@testable import DataGenerator

/// Lists of a catalogue that is large enough for all ways in which they are found: by a short walk, by a longer one, and by the index.
@Suite("Completeness of lists") struct ListCompletenessTests {
    @Test("pages and totals of any filter and order are those that a plain statement finds") func complete() async throws {
        let server = try PostgresServer(settings: ["shared_buffers": "'256MB'", "fsync": "off"])
        try await onOwnThread { try Self.fill(server) }
        let service = try await onOwnThread {
            try ServiceProcess(environment: [
                "DATABASE_URL": server.url, "CACHE": "off", "LOOPS": "1", "DRAIN_DELAY": "0s", "LOG_FORMAT": "json",
            ])
        }
        try await onOwnThread {
            let client = service.client()
            func page(_ query: String) throws -> [String: Any] {
                let answer = try client.request("GET", "/v1/products?" + query)
                #expect(answer.status == 200, "\(query): \(answer.text.prefix(300))")
                return (try JSONSerialization.jsonObject(with: Data(answer.body))) as? [String: Any] ?? [:]
            }
            for filter in Self.filters {
                let all = "FROM product p WHERE status = 'active' AND currency = 'USD' AND \(filter.condition)"
                let total = try page("limit=1&include=total&" + filter.query)
                let count = try #require(
                    Int(try server.execute("SELECT count(*) \(all)").trimmingCharacters(in: .whitespacesAndNewlines)))
                #expect(total["total"] as? Int == min(count, 10_000), "\(filter.query)")
                for sort in Self.sorts {
                    let expected = try server.execute("SELECT slug \(all) ORDER BY \(sort.order) LIMIT 60").split(separator: "\n")
                    var (found, cursor): ([String], String?) = ([], nil)
                    repeat {
                        let page = try page("limit=20&sort=\(sort.name)&\(filter.query)" + (cursor.map { "&cursor=" + $0 } ?? ""))
                        found += (page["data"] as? [[String: Any]] ?? []).compactMap { $0["slug"] as? String }
                        cursor = page["next_cursor"] as? String
                    } while cursor != nil && found.count < 60
                    #expect(found == expected.map(String.init), "\(filter.query) by \(sort.name)")
                }
            }
            _ = try service.terminate()
        }
    }

    private static let sorts = [
        (name: "newest", order: "created_at DESC, id DESC"), (name: "price", order: "price_min, id"),
        (name: "-price", order: "price_min DESC, id DESC"), (name: "name", order: "name, id"),
    ]

    private static let filters: [(query: String, condition: String)] = [
        ("tag=gift", "tags @> '{gift}'"), ("category=home", within("home")),
        ("category=home-kitchen&in_stock=false", "\(within("home/home-kitchen")) AND NOT \(isInStock)"),
        ("category=home&in_stock=false", "\(within("home")) AND NOT \(isInStock)"),
        ("category=home-kitchen&tag=gift", "\(within("home/home-kitchen")) AND tags @> '{gift}'"),
        (
            "category=books&tag=gift&attr.colour=navy",
            "\(within("books")) AND tags @> '{gift}' AND facets @> '{attr.colour:navy}'"
        ),
        ("tag=gift&in_stock=false", "tags @> '{gift}' AND NOT \(isInStock)"),
        // Nothing that is new, cheap or first by its name has it.
        ("tag=old", "tags @> '{old}'"), ("tag=old&in_stock=true", "tags @> '{old}' AND \(isInStock)"),
        ("min_price=20150", price("v.price >= 20150")),
        ("min_price=20150&max_price=20250", price("v.price BETWEEN 20150 AND 20250")),
        ("min_price=20150&max_price=20450&category=home", "\(within("home")) AND " + price("v.price BETWEEN 20150 AND 20450")),
        ("min_price=250&max_price=350&tag=gift", "tags @> '{gift}' AND " + price("v.price BETWEEN 250 AND 350")),
        ("min_price=20150&max_price=40450&in_stock=false", "NOT \(isInStock) AND " + price("v.price BETWEEN 20150 AND 40450")),
    ]

    private static func within(_ path: String) -> String {
        "category_id IN (SELECT id FROM category WHERE path = '\(path)' OR path LIKE '\(path)/%')"
    }

    private static func price(_ condition: String) -> String {
        "EXISTS (SELECT FROM variant v WHERE v.product_id = p.id AND v.active AND \(condition))"
    }

    private static let isInStock = """
        EXISTS (SELECT FROM variant v JOIN stock s ON s.variant_id = v.id WHERE v.product_id = p.id AND v.active AND s.on_hand > s.reserved)
        """

    private static func fill(_ server: PostgresServer) throws {
        let migrated = try ServiceProcess.run(["migrate", "up"], environment: ["DATABASE_URL": server.url])
        guard migrated.status == .exited(0) else { throw TestFailure("migrate up: \(migrated.error)\(migrated.output)") }
        try Generator(
            configuration: PostgresConfiguration(connectionString: server.url),
            options: GeneratorOptions(products: 12_000, orders: 0)
        ) { _ in }.run()
        try server.execute(
            """
            UPDATE product SET tags = tags || '{old}' WHERE created_at < (SELECT min(created_at) FROM product) + interval '300 days'
                AND price_min > 5000 AND name > 'Coastal' AND name < 'Studio';
            VACUUM ANALYZE product
            """)
    }
}
