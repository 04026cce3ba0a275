import Foundation
import PostgresClient
import TestSupport
import Testing

@testable import Cart
@testable import DataGenerator
@testable import Orders

/// How PostgreSQL runs the statements of the service, on tables large enough for its choices to be those of a large shop:
/// requests go to the service, and PostgreSQL's log shows the plans.
@Suite("Plans") struct PlanTests {
    /// Tables that grow with the catalogue and the orders. Categories are read whole where that is cheaper.
    private static let large: Set<String> = [
        "product", "product_document", "variant", "stock", "stock_movement", "orders", "order_line", "order_history",
        "reservation", "cart",
        "cart_item",
        "cart_ticket", "idempotency", "order_hold", "stock_balance",
    ]

    @Test("no hot statement reads a large table from end to end, and each takes the index made for it") func plans() async throws
    {
        let server = try PostgresServer(settings: ["shared_buffers": "'256MB'", "fsync": "off"])
        try await onOwnThread { try Self.fill(server) }
        let service = try await onOwnThread {
            try ServiceProcess(environment: [
                "DATABASE_URL": server.url, "CACHE": "off", "LOOPS": "1", "DRAIN_DELAY": "0s", "LOG_FORMAT": "json",
                "RATE_LIMIT": "on",
            ])
        }
        try await onOwnThread {
            let client = service.client()
            var seen = QueryPlan.all(in: server.log).count
            /// Sends a request whose statements are expected to go by these indexes.
            @discardableResult
            func ask(
                _ method: String = "GET", _ path: String, _ headers: [(String, String)] = [], json: String? = nil,
                status: Int = 200, by indexes: [String]
            ) throws -> [String: Any] {
                let answer = try client.request(
                    method, path, headers: headers + (json == nil ? [] : [("Content-Type", "application/json")]),
                    body: json.map { Array($0.utf8) })
                #expect(answer.status == status, "\(method) \(path): \(answer.text.prefix(300))")
                let plans = QueryPlan.all(in: server.log)
                let own = plans.dropFirst(seen)
                seen = plans.count
                let used = own.reduce(into: Set<String>()) { $0.formUnion($1.indexes) }
                #expect(used.isSuperset(of: indexes), "\(method) \(path) went by \(used.sorted())")
                return (try? JSONSerialization.jsonObject(with: Data(answer.body))) as? [String: Any] ?? [:]
            }
            func lists(_ query: String, by index: String) throws {
                let others = ["stock_pkey"]
                let first = try ask("GET", "/v1/products?limit=20\(query)", by: [index] + others)
                // Far down, too.
                if let cursor = first["next_cursor"] as? String {
                    try ask("GET", "/v1/products?limit=20\(query)&cursor=\(cursor)", by: [index] + others)
                }
            }

            let page = try ask("GET", "/v1/products?limit=2&in_stock=true", by: ["product_newest"])
            let product = (page["data"] as? [[String: Any]])?.first ?? [:]
            let (id, slug) = (product["id"] as? String ?? "", product["slug"] as? String ?? "")
            let shown = try ask("GET", "/v1/products/\(id)", by: ["product_document_pkey", "stock_pkey"])
            try ask("GET", "/v1/products/\(slug)", by: ["product_slug_key", "product_document_pkey", "stock_pkey"])
            try lists("", by: "product_newest")
            try lists("&sort=price", by: "product_by_least_price")
            try lists("&sort=-price", by: "product_by_least_price")
            try lists("&sort=name", by: "product_by_name")
            for category in ["home", "home-kitchen"] {
                try lists("&category=\(category)", by: "product_category_newest")
                try lists("&category=\(category)&sort=price", by: "product_category_by_least_price")
                try lists("&category=\(category)&sort=name", by: "product_category_by_name")
            }
            try lists("&q=\(SeededHash.word(300))", by: "search_product_words")
            try lists("&q=\(SeededHash.word(300))&sort=price", by: "search_product_words")
            try lists("&min_price=5000&max_price=5100", by: "product_by_least_price")
            try lists("&sort=price&min_price=5000&max_price=5100", by: "product_by_least_price")
            try lists("&in_stock=true", by: "product_newest")
            let counts = "/v1/products?limit=1&facets=category,brand,attr.*,price,in_stock"
            try ask("GET", counts, by: ["product_newest", "variant_product", "stock_pkey"])
            let brand = "&brand=\(SeededHash.word(200))"
            try ask("GET", counts + brand, by: ["product_facets"])
            try ask("GET", counts + brand + "&q=\(SeededHash.word(300))", by: ["search_product_words"])
            try lists(brand + "&q=\(SeededHash.word(300))", by: "search_product_words")
            // A currency that the shop does not have is not looked for product by product.
            for query in [
                "currency=EUR", "currency=EUR&sort=name", "currency=EUR&in_stock=true", "currency=EUR&category=home",
                "currency=EUR&include=total",
            ] {
                let empty = try ask("GET", "/v1/products?\(query)", by: ["product_by_least_price"])
                #expect((empty["data"] as? [Any])?.isEmpty == true)
            }

            // Enough of it for two orders.
            let variant = (shown["variants"] as? [[String: Any]])?.first { $0["available"] as? Int ?? 0 > 1 } ?? [:]
            let sku = variant["sku"] as? String ?? ""
            let cart = try ask("POST", "/v1/carts", status: 201, by: [])
            let (cartPath, token) = ("/v1/carts/\(cart["id"] as? String ?? "")", ("X-Cart-Token", cart["token"] as? String ?? ""))
            try ask(
                "POST", cartPath + "/items", [token], json: #"{"sku":"\#(sku)","quantity":1}"#,
                by: ["cart_pkey", "variant_sku_key", "cart_item_pkey"])
            try ask("GET", cartPath, [token], by: ["cart_pkey", "cart_item_pkey", "variant_pkey", "stock_pkey"])
            try ask("POST", cartPath + "/tickets", [token], status: 201, by: ["cart_pkey"])
            let address =
                #""email":"ada@example.com","shipping_address":{"name":"Ada","line1":"1 Row","city":"Leeds","postal_code":"LS1","country":"GB"}"#
            let placed = try ask(
                "POST", "/v1/orders", [("Idempotency-Key", Shop.newKey()), token],
                json: #"{"cart_id":"\#(cart["id"] as? String ?? "")",\#(address)}"#,
                status: 201,
                by: [
                    "cart_pkey", "cart_item_pkey", "variant_pkey", "stock_pkey", "idempotency_pkey", "order_hold_client",
                    "order_hold_email",
                ])
            try ask(
                "POST", "/v1/orders", [("Idempotency-Key", Shop.newKey())],
                json: #"{"items":[{"sku":"\#(sku)","quantity":1}],\#(address)}"#, status: 201,
                by: ["variant_sku_key", "stock_pkey", "idempotency_pkey"])
            let secret = [("X-Order-Token", placed["access_token"] as? String ?? "")]
            try ask(
                "GET", "/v1/orders/\(placed["id"] as? String ?? "")", secret,
                by: ["orders_pkey", "order_line_pkey", "order_history_pkey"])
            try ask(
                "GET", "/v1/orders/\(placed["number"] as? String ?? "")", secret, by: ["orders_number_key", "order_line_pkey"])
            try ask(
                "POST", "/v1/orders/\(placed["id"] as? String ?? "")/cancel", secret,
                by: ["orders_pkey", "order_line_pkey", "stock_pkey", "order_history_pkey"])

            // The sweeps come of themselves, every few seconds.
            let swept = Deadline(seconds: 60).poll(every: 200) {
                QueryPlan.all(in: server.log).contains { $0.text.contains("INSERT INTO stock_balance") }
            }
            #expect(swept)
            for (piece, index) in [
                ("FROM reservation r JOIN orders", "reservation_expiry"), ("UPDATE cart SET status = 'expired'", "cart_expiry"),
                ("DELETE FROM cart_ticket", "cart_ticket_expiry"), ("DELETE FROM idempotency WHERE id IN", "idempotency_age"),
                ("DELETE FROM cart WHERE id IN", "cart_end"), ("erased_at IS NULL AND updated_at", "orders_unpaid_end"),
                ("erased_at IS NOT NULL AND updated_at", "orders_unpaid_end"),
                ("INSERT INTO stock_balance", "stock_movement_pkey"),
            ] {
                let plans = QueryPlan.all(in: server.log).filter { $0.text.contains(piece) }
                #expect(!plans.isEmpty, "no statement has \(piece)")
                #expect(
                    plans.allSatisfy { $0.indexes.contains(index) }, "\(piece) went by \(plans.first?.indexes.sorted() ?? [])")
            }

            var told: Set<String> = []
            // The held share of the whole stock is counted once a minute.
            let whole = QueryPlan.all(in: server.log).dropFirst().filter {
                !$0.text.contains("coalesce(sum(reserved), 0)") && !$0.scanned.isDisjoint(with: Self.large)
                    && told.insert($0.text).inserted
            }
            for plan in whole { Issue.record("reads \(plan.scanned.sorted()) from end to end: \(plan.text)") }
            _ = try service.terminate()
        }
    }

    private static func fill(_ server: PostgresServer) throws {
        let migrated = try ServiceProcess.run(["migrate", "up"], environment: ["DATABASE_URL": server.url])
        guard migrated.status == .exited(0) else { throw TestFailure("migrate up: \(migrated.error)\(migrated.output)") }
        try Generator(
            configuration: PostgresConfiguration(connectionString: server.url),
            options: GeneratorOptions(products: 20_000, orders: 10_000)
        ) { _ in }.run()
        // What the generator leaves out, as its lives are short: carts, tickets, kept answers; some of each are over.
        try server.execute(
            """
            INSERT INTO cart (id, token_hash, currency, expires_at) SELECT gen_random_uuid(), sha256(n::text::bytea), 'USD',
                now() + interval '1 minute' * (n - 10) FROM generate_series(1, 20000) n;
            INSERT INTO cart_item (cart_id, variant_id, quantity, unit_price) SELECT c.id, v.id, 1, 100 FROM
                (SELECT id, row_number() OVER () AS n FROM cart) c JOIN (SELECT id, row_number() OVER () AS n FROM variant) v USING (n);
            INSERT INTO cart_ticket (hash, cart_id, expires_at) SELECT sha256(token_hash), id, expires_at FROM cart;
            INSERT INTO idempotency (id, request_hash, status, location, body, created_at) SELECT sha256(n::text::bytea), '', 201,
                '/v1/orders/' || n, repeat('an answer ', 100)::bytea, now() - interval '4 seconds' * n FROM generate_series(1, 21610) n;
            INSERT INTO order_hold (order_id, client_hash, email_hash, units)
                SELECT order_id, sha256(order_id::text::bytea), sha256(order_id::text::bytea), 1 FROM reservation;
            """)
        try server.execute("VACUUM ANALYZE")
        try server.execute(
            """
            ALTER DATABASE postgres SET session_preload_libraries = 'auto_explain';
            ALTER DATABASE postgres SET auto_explain.log_min_duration = 0; ALTER DATABASE postgres SET auto_explain.log_format = 'json';
            -- What functions run, too.
            ALTER DATABASE postgres SET auto_explain.log_nested_statements = on;
            """)
    }
}
