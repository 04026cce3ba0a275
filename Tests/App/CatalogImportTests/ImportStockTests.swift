import PostgresClient
import ShopTestSupport
import TestSupport
import Testing

@testable import CatalogImport

@Suite("Stock and variants of an import")
struct ImportStockTests {
    private func lines(_ rows: String...) -> String { rows.joined(separator: "\n") }

    /// As an order and its capture would do it.
    private func sell(_ count: Int, _ sku: String, _ shop: ShopDatabase) throws {
        try shop.database.execute(
            """
            UPDATE stock SET on_hand = on_hand - \(count) WHERE variant_id = (SELECT id FROM variant WHERE sku = '\(sku)');
            INSERT INTO stock_movement (variant_id, on_hand, reserved, reason) SELECT id, -\(count), 0, 'capture' FROM variant WHERE sku = '\(sku)';
            """)
    }

    private func reserve(_ count: Int, _ sku: String, _ shop: ShopDatabase) throws {
        try shop.database.execute(
            """
            UPDATE stock SET reserved = reserved + \(count) WHERE variant_id = (SELECT id FROM variant WHERE sku = '\(sku)');
            INSERT INTO stock_movement (variant_id, on_hand, reserved, reason) SELECT id, 0, \(count), 'reserve' FROM variant WHERE sku = '\(sku)';
            """)
    }

    @Test("The same file after sales brings nothing back; another number is applied, with its difference in the ledger")
    func afterSales() throws {
        let shop = try ShopDatabase()
        let row = #"{"id": 1, "sku": "S", "name": "A", "price": 1, "stock": 10}"#
        try shop.load(row)
        try sell(3, "S", shop)
        let snapshot = try shop.snapshot()
        #expect(try shop.load(row).report.unchanged == 1)
        #expect(try shop.snapshot() == snapshot)
        let outcome = try shop.load(#"{"id": 1, "sku": "S", "name": "A", "price": 1, "stock": 12}"#)
        #expect(outcome.report.stocked == 1)
        #expect(outcome.report.updated == 0)
        #expect(
            try shop.query("SELECT on_hand, imported FROM stock; SELECT on_hand FROM stock_movement ORDER BY id")
                == "12|12\n10\n-3\n5")
        #expect(try shop.violations() == "")
        // Back to the first number: other than the last one imported, so it counts.
        try shop.load(row)
        #expect(try shop.query("SELECT on_hand FROM stock") == "10")
        #expect(try shop.violations() == "")
    }

    @Test("A number that is the one on hand anyway writes no ledger row")
    func sameOnHand() throws {
        let shop = try ShopDatabase()
        try shop.load(#"{"id": 1, "sku": "S", "name": "A", "price": 1, "stock": 10}"#)
        try sell(3, "S", shop)
        let outcome = try shop.load(#"{"id": 1, "sku": "S", "name": "A", "price": 1, "stock": 7}"#)
        #expect(outcome.report.stocked == 0)
        #expect(outcome.report.version == nil)
        #expect(try shop.query("SELECT on_hand, imported FROM stock; SELECT count(*) FROM stock_movement") == "7|7\n2")
        #expect(try shop.violations() == "")
    }

    @Test("A change of the threshold of low stock alone is counted") func thresholds() throws {
        let shop = try ShopDatabase()
        func row(_ threshold: String) -> String { #"{"sku": "S", "name": "A", "price": 1, "stock": 4\#(threshold)}"# }
        #expect(try shop.load(row(#", "low_stock": 2"#)).report.thresholds == 1)
        for (threshold, changes) in [(#", "low_stock": 2"#, 0), (#", "low_stock": 3"#, 1), ("", 0)] {
            let report = try shop.load(row(threshold)).report
            #expect(report.thresholds == changes && report.stocked == 0 && report.unchanged == 1)
        }
        #expect(try shop.query("SELECT low_stock FROM stock") == "3")
    }

    @Test("Less than is reserved is refused with its line; the others come in where that is wanted")
    func belowReserved() throws {
        let shop = try ShopDatabase()
        try shop.load(
            lines(
                #"{"sku": "S", "name": "A", "price": 1, "stock": 10}"#,
                #"{"name": "T", "price": 1, "variants": [{"sku": "T1", "stock": 5}, {"sku": "T2", "stock": 5}]}"#))
        try reserve(4, "S", shop)
        try reserve(2, "T2", shop)
        let text = lines(
            #"{"sku": "S", "name": "A", "price": 2, "stock": 3}"#,
            #"{"name": "T", "price": 2, "variants": [{"sku": "T1", "stock": 4}, {"sku": "T2", "stock": 1}]}"#,
            #"{"name": "New", "price": 1, "stock": 1}"#)
        let snapshot = try shop.snapshot()
        let failed = try shop.load(text)
        #expect(failed.faults.map { "\($0.line) \($0.field)" } == ["1 stock", "2 variants/1/stock"])
        #expect(try shop.snapshot() == snapshot)
        let skipped = try shop.load(text, onError: .skip)
        #expect(skipped.report.created == 1)
        #expect(skipped.report.updated == 0)
        #expect(
            try shop.query(
                "SELECT v.sku, s.on_hand FROM stock s JOIN variant v ON v.id = s.variant_id WHERE v.sku !~ '^P-' ORDER BY 1")
                == "S|10\nT1|5\nT2|5")
        #expect(try shop.load(#"{"sku": "S", "name": "A", "price": 1, "stock": 4}"#).report.stocked == 1)
        #expect(try shop.violations() == "")
    }

    @Test("While orders reserve at the same time, nothing is ever sold that isn't there", .timeLimit(.minutes(2)))
    func amongOrders() async throws {
        let shop = try await onOwnThread { try ShopDatabase() }
        let skus = (0..<20).map { "S\($0)" }
        func text(_ stock: Int) -> String {
            skus.map { "{\"sku\": \"\($0)\", \"name\": \"\($0)\", \"price\": 1, \"stock\": \(stock)}" }.joined(separator: "\n")
        }
        let first = text(50)
        try await onOwnThread { _ = try shop.load(first) }
        // Orders of three lines each, locked in the order of ids as a checkout does.
        let order = """
            DO $$ BEGIN FOR i IN 1..150 LOOP
                WITH wanted AS (SELECT id FROM variant ORDER BY random() LIMIT 3), locked AS (
                    SELECT s.variant_id FROM stock s JOIN wanted w ON w.id = s.variant_id ORDER BY s.variant_id FOR UPDATE OF s
                ), reserved AS (
                    UPDATE stock s SET reserved = reserved + 1 FROM locked l WHERE s.variant_id = l.variant_id
                        AND s.on_hand - s.reserved >= 1 RETURNING s.variant_id
                ) INSERT INTO stock_movement (variant_id, on_hand, reserved, reason) SELECT variant_id, 0, 1, 'reserve' FROM reserved;
                COMMIT;
            END LOOP; END $$
            """
        async let one = shop.database.execute(order)
        async let two = shop.database.execute(order)
        let importing = try await onOwnThread {
            var refused = 0
            for round in 0..<12 {
                let stock = [60, 1, 55][round % 3]
                let lines = skus.map { "{\"sku\": \"\($0)\", \"name\": \"\($0)\", \"price\": 1, \"stock\": \(stock)}" }
                refused += try shop.load(lines.joined(separator: "\n"), onError: .skip).report.refused
            }
            return refused
        }
        _ = try await (one, two)
        #expect(importing >= 0)
        #expect(try await onOwnThread { try shop.violations() } == "")
        let below = try await shop.database.execute("SELECT count(*) FROM stock WHERE reserved > on_hand")
        #expect(below == "0")
    }

    @Test("Variants that are gone are no longer sold, and are again when they come back, with their stock")
    func variantsGone() throws {
        let shop = try ShopDatabase()
        let both =
            #"{"id": 1, "name": "T", "price": 1, "variants": [{"sku": "A", "stock": 5}, {"sku": "B", "price": 2, "stock": 6}]}"#
        try shop.load(both)
        let id = try shop.query("SELECT id FROM variant WHERE sku = 'A'")
        #expect(
            try shop.load(#"{"id": 1, "name": "T", "price": 1, "variants": [{"sku": "B", "price": 2, "stock": 6}]}"#).report
                .updated == 1)
        #expect(try shop.query("SELECT sku, active FROM variant ORDER BY 1; SELECT price FROM product") == "A|f\nB|t\n200")
        #expect(try shop.violations() == "")
        try shop.load(both)
        #expect(
            try shop.query("SELECT sku, active, position FROM variant ORDER BY 1; SELECT price FROM product")
                == "A|t|0\nB|t|1\n100")
        #expect(try shop.query("SELECT id FROM variant WHERE sku = 'A'") == id)
        #expect(try shop.query("SELECT count(*) FROM stock_movement") == "2")
        #expect(try shop.violations() == "")
    }

    @Test("A row without variants speaks of the default one and leaves the others alone")
    func defaultOnly() throws {
        let shop = try ShopDatabase()
        try shop.load(
            #"{"id": 1, "name": "T", "price": 1, "variants": [{"sku": "A", "name": "Small"}, {"sku": "B", "name": "Big"}]}"#)
        #expect(try shop.load(#"{"id": 1, "name": "T", "price": 3, "stock": 9}"#).report.updated == 1)
        #expect(
            try shop.query(
                "SELECT v.sku, v.name, v.price, v.active, s.on_hand FROM variant v JOIN stock s ON s.variant_id = v.id ORDER BY 1"
            )
                == "A|Small|300|t|9\nB|Big|100|t|0")
        #expect(try shop.query("SELECT price FROM product") == "300")
        // With the SKU of another one, of that one.
        try shop.load(#"{"sku": "B", "name": "T", "price": 4}"#)
        #expect(try shop.query("SELECT sku, price FROM variant ORDER BY 1; SELECT price FROM product") == "A|300\nB|400\n300")
    }

    @Test("Variants without SKUs are known by their options, and keep the SKUs they got")
    func variantsByOptions() throws {
        let shop = try ShopDatabase()
        try shop.load(
            #"{"id": 1, "name": "T", "price": 1, "variants": [{"options": {"size": "S"}, "stock": 1}, {"options": {"size": "M"}, "stock": 2}]}"#
        )
        let skus = try shop.query("SELECT id, sku, options FROM variant ORDER BY 1")
        try shop.load(
            #"{"id": 1, "name": "T", "price": 1, "variants": [{"options": {"size": "M"}, "name": "Medium", "stock": 2}, {"options": {"size": "S"}, "stock": 1}]}"#
        )
        #expect(try shop.query("SELECT id, sku, options FROM variant ORDER BY 1") == skus)
        #expect(try shop.query("SELECT name, position FROM variant ORDER BY position") == "Medium|0\nS|1")
        // A SKU of their own later.
        try shop.load(
            #"{"id": 1, "name": "T", "price": 1, "variants": [{"sku": "T-M", "options": {"size": "M"}}, {"sku": "T-S", "options": {"size": "S"}}]}"#
        )
        #expect(try shop.query("SELECT count(*), string_agg(sku, ',' ORDER BY sku) FROM variant") == "2|T-M,T-S")
        #expect(try shop.violations() == "")
    }

    @Test("Categories are made once, on every level")
    func categories() throws {
        let shop = try ShopDatabase()
        try shop.load(
            lines(
                #"{"name": "A", "price": 1, "category": "kitchen"}"#,
                #"{"name": "B", "price": 1, "category": "Home / Kitchen / Knives"}"#,
                #"{"name": "C", "price": 1, "category": "home/kitchen"}"#, #"{"name": "D", "price": 1}"#))
        #expect(
            try shop.query("SELECT path, name FROM category ORDER BY path")
                == "home|home\nhome/kitchen-2|kitchen\nhome/kitchen-2/knives|Knives\nkitchen|kitchen")
        #expect(
            try shop.query("SELECT p.slug, c.path FROM product p LEFT JOIN category c ON c.id = p.category_id ORDER BY 1")
                == "a|kitchen\nb|home/kitchen-2/knives\nc|home/kitchen-2\nd|")
        let outcome = try shop.load(#"{"name": "D", "price": 1, "category": "HOME/kitchen"}"#)
        #expect(outcome.report.categories == 0)
        #expect(outcome.report.updated == 1)
        #expect(try shop.violations() == "")
    }

    @Test("A row without a currency keeps the product's, and reads its price by it; new products get the store's")
    func keptCurrency() throws {
        let shop = try ShopDatabase()
        try shop.load(
            lines(
                #"{"id": 1, "name": "J", "price": 1450, "currency": "JPY", "variants": [{"sku": "J1"}, {"sku": "J2", "price": 2000}]}"#,
                #"{"id": 2, "name": "K", "price": 1.234, "currency": "KWD"}"#, #"{"id": 3, "name": "D", "price": 14.50}"#))
        let snapshot = try shop.snapshot()
        #expect(
            try shop.load(
                lines(
                    #"{"id": 1, "name": "J", "price": "1450", "variants": [{"sku": "J1"}, {"sku": "J2", "price": 2000.00}]}"#,
                    #"{"id": 2, "name": "K", "price": 1.234}"#, #"{"id": 3, "name": "D", "price": 14.5}"#)
            ).report.unchanged == 3)
        #expect(try shop.snapshot() == snapshot)
        try shop.load(
            lines(
                #"{"id": 1, "name": "J", "price": 1000}"#, #"{"id": 2, "name": "K", "price": 2.345}"#,
                #"{"id": 4, "name": "N", "price": 10}"#))
        #expect(
            try shop.query("SELECT external_id, currency, price FROM product ORDER BY 1")
                == "1|JPY|1000\n2|KWD|2345\n3|USD|1450\n4|USD|1000")
        #expect(try shop.query("SELECT sku, price FROM variant WHERE sku LIKE 'J%' ORDER BY 1") == "J1|1000\nJ2|2000")
        #expect(try shop.violations() == "")
        let outcome = try shop.load(
            lines(
                #"{"id": 1, "name": "J", "price": 12.5, "variants": [{"sku": "J1", "price": 1}, {"sku": "J2"}]}"#,
                #"{"id": 3, "name": "D", "price": 1.234}"#, #"{"id": 5, "name": "New", "price": 99999999999999}"#,
                #"{"id": 2, "name": "K", "price": 2.345}"#), onError: .skip)
        #expect(
            outcome.faults.map(\.description).sorted() == [
                "line 1: variants/1/price must be a decimal number with at most 0 digits behind the point",
                "line 2: price must be a decimal number with at most 2 digits behind the point",
                "line 3: price must be 0 to 10000000000.00",
            ])
        #expect(outcome.report.refused == 3 && outcome.report.unchanged == 1)
    }

    @Test("Another currency needs the prices of all variants")
    func changedCurrency() throws {
        let shop = try ShopDatabase()
        try shop.load(#"{"id": 1, "name": "J", "price": 1450, "currency": "JPY", "variants": [{"sku": "J1"}, {"sku": "J2"}]}"#)
        #expect(
            try shop.load(#"{"id": 1, "name": "J", "price": 10, "currency": "USD"}"#, onError: .skip).faults == [
                RowError(
                    line: 1, field: "currency",
                    reason: "is not the JPY of the product, whose other variants the row does not price")
            ])
        #expect(
            try shop.load(#"{"id": 1, "name": "J", "price": 10, "currency": "USD", "variants": [{"sku": "J1"}, {"sku": "J2"}]}"#)
                .report.updated == 1)
        #expect(
            try shop.query("SELECT DISTINCT p.currency, v.price FROM product p JOIN variant v ON v.product_id = p.id")
                == "USD|1000")
    }

    @Test("While an import is inside its apply, what it restocks can be sold", .timeLimit(.minutes(1)))
    func ordersDuringApply() async throws {
        let shop = try await onOwnThread { try ShopDatabase() }
        try await onOwnThread { _ = try shop.load(#"{"id": 1, "sku": "S", "name": "A", "price": 1, "stock": 10}"#) }
        // Holds the import at the last statement of its apply.
        let gate = try BlockingConnection(connectionString: shop.database.url)
        try gate.execute("BEGIN; SELECT version FROM catalog_version FOR UPDATE")
        async let importing = onOwnThread { try shop.load(#"{"id": 1, "sku": "S", "name": "A", "price": 2, "stock": 20}"#) }
        let waiting =
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'commerce import' AND wait_event_type = 'Lock' AND datname = current_database()"
        while try shop.query(waiting) != "1" { try await Task.sleep(for: .milliseconds(10)) }
        // As an order does it, and without any patience.
        _ = try shop.query(
            """
            BEGIN; SELECT FROM stock WHERE variant_id = (SELECT id FROM variant WHERE sku = 'S') FOR UPDATE NOWAIT;
            UPDATE stock SET reserved = reserved + 3; INSERT INTO stock_movement (variant_id, on_hand, reserved, reason)
            SELECT variant_id, 0, 3, 'reserve' FROM stock; COMMIT
            """)
        try gate.execute("COMMIT")
        #expect(try await importing.report.stocked == 1)
        #expect(try shop.query("SELECT on_hand, reserved, imported FROM stock") == "20|3|20")
        #expect(try shop.violations() == "")
    }

    @Test(
        "If orders reserve more during the import than the row has, the stock stays and is reported; all else is imported",
        .timeLimit(.minutes(1)))
    func reservedDuringApply() async throws {
        let shop = try await onOwnThread { try ShopDatabase() }
        try await onOwnThread {
            _ = try shop.load(
                (1...120).map { #"{"id": \#($0), "sku": "S\#($0)", "name": "A\#($0)", "price": 1, "stock": 10}"# }.joined(
                    separator: "\n"))
        }
        let gate = try BlockingConnection(connectionString: shop.database.url)
        try gate.execute("BEGIN; SELECT version FROM catalog_version FOR UPDATE")
        let text = (1...120).map { #"{"id": \#($0), "sku": "S\#($0)", "name": "A\#($0)", "price": 2, "stock": 4}"# }.joined(
            separator: "\n")
        async let importing = onOwnThread { try shop.load(text) }
        let waiting =
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'commerce import' AND wait_event_type = 'Lock' AND datname = current_database()"
        while try shop.query(waiting) != "1" { try await Task.sleep(for: .milliseconds(10)) }
        try reserve(5, "S77", shop)
        // A row that another session has locked does not keep other rows from being written.
        let holder = try BlockingConnection(connectionString: shop.database.url)
        try holder.execute("BEGIN; SELECT FROM stock WHERE variant_id = (SELECT id FROM variant WHERE sku = 'S5') FOR UPDATE")
        try gate.execute("COMMIT")
        while try shop.query("SELECT count(*) FROM stock WHERE on_hand = 4") == "0" {
            try await Task.sleep(for: .milliseconds(10))
        }
        try holder.execute("COMMIT")
        let outcome = try await importing
        #expect(
            outcome.report.isCommitted && outcome.report.updated == 120 && outcome.report.stocked == 119
                && outcome.report.unstocked == 1)
        #expect(
            outcome.faults == [
                RowError(
                    line: 77, field: "stock", reason: "is 4, but orders have reserved 5 meanwhile; the stock stays as it was")
            ])
        #expect(try shop.query("SELECT on_hand, reserved, imported FROM stock WHERE on_hand <> 4") == "10|5|10")
        #expect(try shop.violations() == "")
        // Once that is sold, the same file does the rest.
        _ = try shop.query(
            "UPDATE stock SET reserved = 0 WHERE reserved = 5; INSERT INTO stock_movement (variant_id, on_hand, reserved, reason) SELECT variant_id, 0, -5, 'release' FROM stock WHERE on_hand = 10"
        )
        #expect(try shop.load(text).report.stocked == 1)
        #expect(try shop.violations() == "")
    }
}
