import Inventory
import PostgresClient

// Identifying variants, and writing stock.

extension ImportStatements {
    /// The expression that tells variants of a product apart if they have no SKU.
    private static func key(_ table: String) -> String {
        "CASE WHEN \(table).options = '{}' THEN \(table).name ELSE \(table).options::text END"
    }

    // MARK: Identifying variants

    /// Identifies variants by SKU, otherwise by options, or by name if they have none. An unknown SKU is the new SKU of an existing
    /// variant only if the options are equal. A row that lists no variants is about the default variant.
    static let identifyVariants = """
        UPDATE import_variant v SET variant_id = k.id FROM variant k WHERE k.sku = v.sku;
        UPDATE import_variant v SET variant_id = found.id FROM (
            SELECT w.line, w.position, k.id FROM (
                SELECT v.line, v.position, r.product_id, \(key("v")) AS key,
                    row_number() OVER (PARTITION BY r.product_id, \(key("v")) ORDER BY v.position) AS nth
                FROM import_variant v JOIN import_product r USING (line)
                WHERE v.variant_id IS NULL AND NOT r.is_new AND r.lists_variants AND (v.sku IS NULL OR v.options <> '{}')
            ) w JOIN (
                SELECT k.id, k.product_id, \(key("k")) AS key,
                    row_number() OVER (PARTITION BY k.product_id, \(key("k")) ORDER BY k.active DESC, k.position, k.id) AS nth
                FROM variant k JOIN import_product r ON r.product_id = k.product_id
                WHERE NOT EXISTS (SELECT FROM import_variant o WHERE o.variant_id = k.id)
            ) k USING (product_id, key, nth)
        ) found WHERE found.line = v.line AND found.position = v.position;
        UPDATE import_variant v SET variant_id = found.id FROM (
            SELECT DISTINCT ON (r.line) r.line, k.id FROM import_product r JOIN variant k USING (product_id)
            WHERE NOT r.is_new AND NOT r.lists_variants ORDER BY r.line, k.active DESC, k.position, k.id
        ) found WHERE found.line = v.line AND v.variant_id IS NULL;
        UPDATE import_variant SET is_new = variant_id IS NULL, variant_id = coalesce(variant_id, id);
        UPDATE import_variant v SET sku = k.sku FROM variant k WHERE k.id = v.variant_id AND v.sku IS NULL
        """

    /// Derives a SKU for each variant without one, from the product's id or slug and the variant's key, so it is the same in every
    /// database. If a SKU is taken, later rows get another one by the next `attempt`.
    static func deriveSKUs(attempt: Int) -> String {
        let salt = attempt == 0 ? "" : " \(attempt)"
        return """
            WITH colliding AS (
                SELECT line, position FROM (
                    SELECT v.line, v.position, v.is_derived,
                        row_number() OVER (PARTITION BY v.sku ORDER BY v.is_derived, v.line, v.position) AS nth,
                        EXISTS (SELECT FROM variant k WHERE k.sku = v.sku AND k.id <> v.variant_id) AS is_taken
                    FROM import_variant v
                ) s WHERE is_derived AND (nth > 1 OR is_taken)
            )
            UPDATE import_variant v SET is_derived = true, sku = 'P-' || upper(left(encode(sha256(convert_to(
                coalesce('id ' || r.external_id, 'slug ' || r.slug) || ' '
                || CASE WHEN r.lists_variants THEN \(key("v")) ELSE '' END || '\(salt)', 'UTF8')), 'hex'), 10))
            FROM import_product r
            WHERE r.line = v.line AND (v.sku IS NULL OR (v.line, v.position) IN (SELECT line, position FROM colliding))
            """
    }

    // MARK: Stock

    /// Finds the stock levels to change, in the order of ids, which is the order in which orders lock them. Only a number that
    /// differs from the last imported one is a change, so sales since then stay. Nothing is locked here, so orders go on; what they
    /// reserve in the meantime is checked again when a level is written.
    static let findStock = """
        INSERT INTO import_stock (place, line, field, variant_id, stock)
        SELECT row_number() OVER (ORDER BY s.variant_id), v.line,
            CASE WHEN r.lists_variants THEN 'variants/' || v.position || '/' ELSE '' END || 'stock', s.variant_id, v.stock
        FROM import_variant v JOIN import_product r USING (line) JOIN stock s ON s.variant_id = v.variant_id
        WHERE v.stock IS NOT NULL AND v.stock IS DISTINCT FROM s.imported;
        INSERT INTO import_error
        SELECT c.line, c.field, 'is ' || c.stock || ', but orders have reserved ' || s.reserved
        FROM import_stock c JOIN stock s USING (variant_id) WHERE c.stock < s.reserved
        """

    /// Inserts the stock of new variants, which no order contains yet. The number of affected rows counts levels above 0.
    static let insertStock = """
        WITH fresh AS (
            INSERT INTO stock (variant_id, on_hand, imported)
            SELECT v.variant_id, coalesce(v.stock, 0), v.stock FROM import_variant v
            WHERE NOT EXISTS (SELECT FROM stock s WHERE s.variant_id = v.variant_id)
            RETURNING variant_id, on_hand
        )
        INSERT INTO stock_movement (variant_id, on_hand, reserved, reason)
        SELECT variant_id, on_hand, 0, 'import' FROM fresh WHERE on_hand <> 0 ORDER BY variant_id
        """

    /// Counts the levels that would change.
    static let countStock = """
        SELECT count(*) FROM import_stock c JOIN stock s USING (variant_id) WHERE c.stock <> s.on_hand
        """

    /// Locks some rows, in the order of ids, as orders do.
    static func lockStock(_ places: ClosedRange<Int64>) -> PostgresQuery {
        """
        SELECT FROM import_stock c JOIN stock s USING (variant_id) WHERE c.place BETWEEN \(places.lowerBound) AND \(places.upperBound) \
        ORDER BY s.variant_id FOR UPDATE OF s
        """
    }

    /// Writes the locked levels, and their differences to the ledger. The number of affected rows counts levels that changed. A level
    /// below what orders have reserved is not written.
    static func writeStock(_ places: ClosedRange<Int64>, lowStock: Int) -> PostgresQuery {
        LowStock.setting(
            """
            SELECT i.variant_id, i.stock, o.on_hand, o.reserved FROM import_stock i JOIN stock o USING (variant_id) \
            WHERE i.place BETWEEN \(places.lowerBound) AND \(places.upperBound) AND i.stock >= o.reserved
            """, threshold: lowStock)
    }

    /// Finds the thresholds of low stock to change, in the order of ids, which is the order in which orders lock the rows.
    static let findThresholds = """
        INSERT INTO import_threshold (place, variant_id, low_stock)
        SELECT row_number() OVER (ORDER BY s.variant_id), s.variant_id, v.low_stock
        FROM import_variant v JOIN stock s USING (variant_id)
        WHERE v.low_stock IS NOT NULL AND v.low_stock IS DISTINCT FROM s.low_stock
        """

    /// Writes some of them. Their rows are locked in the order of ids.
    static func writeThresholds(_ places: ClosedRange<Int64>) -> PostgresQuery {
        """
        WITH locked AS MATERIALIZED (SELECT s.variant_id, t.low_stock FROM import_threshold t JOIN stock s USING (variant_id) \
        WHERE t.place BETWEEN \(places.lowerBound) AND \(places.upperBound) ORDER BY s.variant_id FOR UPDATE OF s) \
        UPDATE stock s SET low_stock = l.low_stock FROM locked l WHERE s.variant_id = l.variant_id
        """
    }

    /// The levels that could not be written.
    static func unwrittenStock(_ places: ClosedRange<Int64>) -> PostgresQuery {
        """
        SELECT c.line, c.field, c.stock, s.reserved FROM import_stock c JOIN stock s USING (variant_id) \
        WHERE c.place BETWEEN \(places.lowerBound) AND \(places.upperBound) AND c.stock < s.reserved ORDER BY c.line, c.field
        """
    }
}
