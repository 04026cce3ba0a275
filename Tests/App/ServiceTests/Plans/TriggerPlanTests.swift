import Foundation
import TestSupport
import Testing

/// How PostgreSQL runs what the triggers of the catalogue's tables do, in a session that has written one row before it writes many.
@Suite("Plans of triggers") struct TriggerPlanTests {
    @Test("the work of a trigger grows with the rows that its statement concerns, not with their square or the table")
    func plans() async throws {
        let server = try PostgresServer(settings: ["shared_buffers": "'128MB'", "fsync": "off"])
        try await onOwnThread {
            let migrated = try ServiceProcess.run(["migrate", "up"], environment: ["DATABASE_URL": server.url])
            #expect(migrated.status == .exited(0), "\(migrated.error)")
            try server.execute(
                """
                INSERT INTO category (id, slug, name, path) VALUES (gen_random_uuid(), 'a', 'A', 'a'), (gen_random_uuid(), 'b', 'B', 'b');
                INSERT INTO product (id, slug, name, category_id, currency, price)
                    SELECT gen_random_uuid(), 'p-' || n, 'Product ' || n,
                        (SELECT id FROM category WHERE slug = CASE WHEN n <= 400 THEN 'a' ELSE 'b' END), 'USD', n FROM generate_series(1, 2000) n;
                INSERT INTO variant (id, product_id, sku, name, options, price)
                    SELECT gen_random_uuid(), id, slug, name, '{"size": "M"}', price FROM product;
                INSERT INTO stock (variant_id) SELECT id FROM variant;
                ANALYZE
                """)
            // One connection: plans that are kept are those of the session.
            try server.execute(
                """
                LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_format = 'json';
                SET auto_explain.log_nested_statements = on; SET auto_explain.log_analyze = on; SET auto_explain.log_timing = off;
                UPDATE variant SET max_quantity = 5 WHERE sku = 'p-1'; UPDATE product SET event_sequence = 1 WHERE slug = 'p-1';
                UPDATE variant SET max_quantity = 6; UPDATE product SET event_sequence = 2;
                UPDATE category SET name = 'New' WHERE slug = 'a'
                """)
            let plans = QueryPlan.all(in: server.log)
            #expect(plans.contains { $0.text.contains("UPDATE product SET event_sequence = 2") && $0.rows >= 2_000 })
            // Documents are made for the products of the category, and for no others.
            #expect(plans.compactMap { $0.calls["product_document_of"] } == [400])
            for plan in plans where plan.rows > 20_000 { Issue.record("reads \(plan.rows) rows: \(plan.text)") }
        }
    }
}
