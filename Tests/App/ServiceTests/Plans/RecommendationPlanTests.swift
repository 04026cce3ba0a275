import Foundation
import PostgresClient
import TestSupport
import Testing

@testable import DataGenerator

/// How PostgreSQL counts purchases and finds recommendations: requests go to the service, whose worker runs the job, and
/// PostgreSQL's log shows the plans.
@Suite("Plans of recommendations") struct RecommendationPlanTests {
    private static let large: Set<String> = [
        "product", "variant", "stock", "orders", "order_line", "counted_order", "purchase_count", "purchase_pair",
        "product_sales",
    ]

    @Test("no statement reads a large table from end to end, and each goes by the index made for it")
    func plans() async throws {
        let server = try PostgresServer(settings: ["shared_buffers": "'256MB'", "fsync": "off"])
        try await onOwnThread { try Self.fill(server) }
        let service = try await onOwnThread {
            try ServiceProcess(environment: [
                "DATABASE_URL": server.url, "CACHE": "off", "LOOPS": "1", "DRAIN_DELAY": "0s", "LOG_FORMAT": "json",
            ])
        }
        try await onOwnThread {
            func ask(_ sql: String) throws -> String { try server.execute(sql).trimmingCharacters(in: .whitespacesAndNewlines) }
            func count(until condition: String) throws {
                let isDone = Deadline(seconds: 120).poll(every: 200) {
                    _ = try? ask("UPDATE job SET due_at = now() WHERE name = 'purchase_count' AND claimed_by IS NULL")
                    return (try? ask(condition)) == "t"
                }
                #expect(isDone, "\(condition)")
            }
            try count(
                until: """
                    SELECT count(*) = (SELECT count(*) FROM orders WHERE status NOT IN ('cancelled', 'expired') AND created_at
                        >= now() - interval '180 days'
                    AND created_at < now() - interval '2 minutes') FROM counted_order
                    """)
            #expect(try ask("SELECT count(*) > 5000 FROM counted_order") == "t")
            try server.execute("VACUUM ANALYZE")
            let seen = QueryPlan.all(in: server.log).count
            // What is new, has ended, and is old: each is found.
            try server.execute(
                """
                UPDATE orders SET status = 'expired', payment_status = 'unpaid', updated_at = now() - interval '3 minutes' WHERE
                    id IN
                    (SELECT order_id FROM counted_order LIMIT 300);
                UPDATE counted_order SET created_at = now() - interval '190 days' WHERE order_id IN (SELECT id FROM orders WHERE
                    status <> 'expired' LIMIT 200);
                UPDATE purchase_cursor SET added_at = '-infinity'
                """)
            try count(
                until:
                    """
                    SELECT added_at > '-infinity' AND NOT EXISTS (SELECT FROM counted_order
                        WHERE created_at < now() - interval '180 days') FROM purchase_cursor
                    """
            )
            // A run ends with the comparison.
            let hasCompared = Deadline(seconds: 60).poll(every: 200) {
                QueryPlan.all(in: server.log).dropFirst(seen).contains { $0.text.contains("checked_id FROM purchase_cursor") }
            }
            #expect(hasCompared)
            let plans = QueryPlan.all(in: server.log).dropFirst(seen)
            for (piece, index) in [
                ("INSERT INTO counted_order", "orders_placed"), ("FETCH FIRST", "orders_unpaid_end"),
                ("is_recent AND created_at", "counted_order_recent"), ("checked_id FROM purchase_cursor", "counted_order_pkey"),
                ("checked_id FROM purchase_cursor", "orders_pkey"),
                ("DELETE FROM purchase_pair WHERE orders = 0", "purchase_pair_none"),
                ("DELETE FROM purchase_count WHERE orders = 0", "purchase_count_none"),
                ("DELETE FROM product_sales WHERE sold = 0", "product_sales_none"),
            ] {
                let own = plans.filter { $0.text.contains(piece) }
                #expect(!own.isEmpty, "no statement has \(piece)")
                #expect(own.allSatisfy { $0.indexes.contains(index) }, "\(piece) went by \(own.first?.indexes.sorted() ?? [])")
            }
            let outdated = plans.filter { $0.text.contains("FROM counted_order WHERE created_at <") }
            #expect(!outdated.isEmpty && outdated.allSatisfy { $0.indexes.contains("counted_order_age") })
            try Self.requests(service, server, ask)
            // The service's own statements, and not those of this test.
            let own = QueryPlan.all(in: server.log).dropFirst(seen).filter {
                $0.text.contains("$1") || $0.text.contains("moved AS") || $0.text.hasPrefix("DELETE FROM p")
            }
            let related = own.filter { text in
                ["purchase", "counted_order", "ORDINALITY k", "pg_stats", "product_sales"].contains { text.text.contains($0) }
            }
            for text in Set(related.filter { !$0.scanned.isDisjoint(with: Self.large) }.map(\.text)) {
                Issue.record("reads a table from end to end: \(text)")
            }
            _ = try service.terminate()
        }
    }

    private static func requests(_ service: ServiceProcess, _ server: PostgresServer, _ ask: (String) throws -> String) throws {
        let client = service.client()
        func expect(_ method: String, _ path: String, json: String? = nil, by indexes: [String]) throws {
            let before = QueryPlan.all(in: server.log).count
            let answer = try client.request(
                method, path, headers: json == nil ? [] : [("Content-Type", "application/json")],
                body: json.map { Array($0.utf8) })
            #expect(answer.status == 200, "\(path): \(answer.text.prefix(300))")
            let used = QueryPlan.all(in: server.log).dropFirst(before).reduce(into: Set<String>()) { $0.formUnion($1.indexes) }
            // Any of the indexes that begin with the category.
            let isOfCategory = { (name: String) in name.hasPrefix("product_category_") }
            let (found, expected) = (Set(used.map { isOfCategory($0) ? "category" : $0 }), Set(indexes))
            #expect(found.isSuperset(of: expected), "\(path) went by \(used.sorted())")
        }
        let all = ["purchase_pair_frequent", "purchase_count_pkey", "product_pkey", "variant_product", "stock_pkey"]
        let bought = try ask("SELECT product_id FROM purchase_count ORDER BY orders DESC LIMIT 1")
        try expect(
            "GET", "/v1/products/\(bought)/recommendations?limit=24", by: all + ["category"])
        let rare = try ask("SELECT slug FROM product WHERE tags = '{rare}' LIMIT 1")
        try expect(
            "GET", "/v1/products/\(rare)/recommendations?limit=24",
            by: all + ["product_slug_key", "product_facets", "product_search"])
        let skus = try ask("SELECT string_agg('\"' || sku || '\"', ',') FROM (SELECT sku FROM variant LIMIT 100) v")
        try expect("POST", "/v1/recommendations?limit=24", json: "{\"skus\":[\(skus)]}", by: all + ["variant_sku_key"])
        try expect("POST", "/v1/recommendations", json: #"{"skus":["no such"]}"#, by: ["product_sales_popular"])
    }

    private static func fill(_ server: PostgresServer) throws {
        let migrated = try ServiceProcess.run(["migrate", "up"], environment: ["DATABASE_URL": server.url])
        guard migrated.status == .exited(0) else { throw TestFailure("migrate up: \(migrated.error)\(migrated.output)") }
        try Generator(
            configuration: PostgresConfiguration(connectionString: server.url),
            options: GeneratorOptions(products: 20_000, orders: 10_000)
        ) { _ in }.run()
        // Orders of the last months, and products without a category, whose facet and word few have.
        try server.execute(
            """
            UPDATE orders SET created_at = now() - interval '1 hour' - random() * interval '170 days', updated_at = now() -
                interval '1 hour';
            UPDATE product SET category_id = NULL, brand = NULL, tags = '{rare}', name = 'Xylophone ' || slug WHERE id IN (SELECT id
                FROM product WHERE status = 'active' LIMIT 5)
            """)
        try server.execute("VACUUM ANALYZE")
        try server.execute(
            """
            ALTER DATABASE postgres SET session_preload_libraries = 'auto_explain';
            ALTER DATABASE postgres SET auto_explain.log_min_duration = 0; ALTER DATABASE postgres SET auto_explain.log_format =
                'json';
            """)
    }
}
