import PostgresClient

/// The SQL that identifies the products of the rows, in the order in which it runs. Each statement works on all rows at once.
package enum ImportStatements {
    /// Creates the temporary tables.
    static let tables = """
        \(StagingTables.product.create);
        \(StagingTables.variant.create);
        -- Outlives the transaction: the stock of existing variants is written after it, a few rows at a time.
        CREATE TEMPORARY TABLE import_stock (
            place      bigint PRIMARY KEY,
            line       bigint NOT NULL,
            field      text NOT NULL,
            variant_id uuid NOT NULL,
            stock      integer NOT NULL
        );
        -- The same for thresholds of low stock.
        CREATE TEMPORARY TABLE import_threshold (
            place      bigint PRIMARY KEY,
            variant_id uuid NOT NULL,
            low_stock  integer NOT NULL
        );
        \(changedTable);
        CREATE TEMPORARY TABLE import_error (line bigint NOT NULL, field text NOT NULL, reason text NOT NULL) ON COMMIT DROP;
        CREATE TEMPORARY TABLE import_touched (product_id uuid PRIMARY KEY) ON COMMIT DROP;
        """

    /// Creates the temporary table of the products whose documents have changed.
    static let changedTable = "CREATE TEMPORARY TABLE import_changed (product_id uuid PRIMARY KEY) ON COMMIT DROP"

    /// The planner has no statistics of temporary tables until ANALYZE runs. Later statements change the tables a lot, which the
    /// indexes make up for.
    static let analyze = """
        CREATE INDEX ON import_product (slug);
        CREATE INDEX ON import_product (product_id);
        CREATE INDEX ON import_variant (sku);
        CREATE INDEX ON import_variant (variant_id);
        ANALYZE import_product;
        ANALYZE import_variant
        """

    /// Removes the rows that have errors.
    static let dropInvalid = """
        DELETE FROM import_product WHERE line IN (SELECT line FROM import_error);
        DELETE FROM import_variant WHERE line IN (SELECT line FROM import_error);
        DELETE FROM import_stock WHERE line IN (SELECT line FROM import_error);
        DELETE FROM import_error;
        """

    /// The prefix of a variant's field in an error.
    private static let variantField = "CASE WHEN r.lists_variants THEN 'variants/' || v.position || '/' ELSE '' END"

    // MARK: Identifying products

    /// Finds ids, slugs and SKUs that occur twice in the file: the first row keeps them.
    static let repeated = """
        INSERT INTO import_error
        SELECT line, field, 'is in line ' || first || ' already' FROM (
            SELECT line, 'id' AS field, min(line) OVER (PARTITION BY external_id) AS first
            FROM import_product WHERE external_id IS NOT NULL
            UNION ALL
            SELECT line, 'slug', min(line) OVER (PARTITION BY slug) FROM import_product WHERE slug IS NOT NULL
            UNION ALL
            SELECT line, \(variantField) || 'sku', min(line) OVER (PARTITION BY v.sku)
            FROM import_variant v JOIN import_product r USING (line) WHERE v.sku IS NOT NULL
        ) seen WHERE line > first
        """

    /// Identifies products by the file's id, otherwise by a SKU.
    static let identify = """
        UPDATE import_product r SET product_id = p.id FROM product p WHERE p.external_id = r.external_id;
        UPDATE import_product r SET product_id = known.product_id FROM (
            SELECT DISTINCT ON (s.line) s.line, k.product_id FROM (
                SELECT line, -1 AS position, sku FROM import_product WHERE sku IS NOT NULL
                UNION ALL
                SELECT line, position, sku FROM import_variant WHERE sku IS NOT NULL
            ) s JOIN variant k USING (sku) ORDER BY s.line, s.position
        ) known WHERE known.line = r.line AND r.product_id IS NULL;
        INSERT INTO import_error
        SELECT r.line, 'sku', 'belongs to the product with the id ' || p.external_id
        FROM import_product r JOIN product p ON p.id = r.product_id WHERE p.external_id <> r.external_id
        """

    /// Otherwise identifies them by slug. The slug of a product with another id is no match, and is an error unless the file gives
    /// that product another slug.
    static let identifyBySlug = """
        UPDATE import_product r SET product_id = p.id FROM product p
        WHERE p.slug = r.slug AND r.product_id IS NULL AND (r.external_id IS NULL OR p.external_id IS NULL);
        INSERT INTO import_error
        SELECT r.line, 'slug', 'belongs to another product'
        FROM import_product r JOIN product p ON p.slug = r.slug
        WHERE p.id IS DISTINCT FROM r.product_id AND NOT \(givesUpSlug);
        INSERT INTO import_error
        SELECT v.line, \(variantField) || 'sku', 'belongs to another product'
        FROM import_variant v JOIN import_product r USING (line) JOIN variant k ON k.sku = v.sku
        WHERE k.product_id IS DISTINCT FROM r.product_id
        """

    /// Whether a row of the file gives the product `p` another slug.
    private static let givesUpSlug =
        "EXISTS (SELECT FROM import_product o WHERE o.product_id = p.id AND o.slug IS NOT NULL AND o.slug <> p.slug)"

    /// Finds rows with the slug of a product that keeps it.
    static let takenSlugs = """
        INSERT INTO import_error
        SELECT r.line, 'slug', 'belongs to another product'
        FROM import_product r JOIN product p ON p.slug = r.slug WHERE p.id <> r.product_id AND NOT \(givesUpSlug)
        """

    /// Products that give their slugs to others of the file get a placeholder until their rows are written: a swap in one statement
    /// breaks the unique constraint, which is checked row by row. The history of slugs ignores placeholders (migration 0017).
    static let vacateSlugs = """
        UPDATE product p SET slug = '~' || p.id FROM import_product r
        WHERE r.product_id = p.id AND r.slug <> p.slug
            AND EXISTS (SELECT FROM import_product w WHERE w.slug = p.slug AND w.product_id <> p.id)
        """

    /// Identifies products by name, for rows that give nothing else. The first row of a name is the first product of that name, the
    /// second row the second: in the order of the numbers at the end of their slugs, which they got in the order of their rows.
    /// Products whose slugs the releases before made are older, and come first. Any other row is the product with the slug that its
    /// name makes, if the names are equal except for case and white space: `C` is not `C++`.
    ///
    /// The joins use one key each, for the reason that ``slugs`` has.
    static let identifyByName = """
        WITH names AS MATERIALIZED (
            SELECT DISTINCT base || ' ' || name AS key, 2 AS age FROM import_product WHERE by_name
            UNION ALL SELECT DISTINCT former_base || ' ' || name, 1 FROM import_product WHERE by_name AND former_base <> base
        ), known AS (
            SELECT DISTINCT ON (p.id) p.id, p.name, n.age, f.number
            FROM product p CROSS JOIN LATERAL (VALUES
                (p.slug, 1::bigint),
                (substring(p.slug FROM '^(.+)-[1-9][0-9]{0,8}$'), substring(p.slug FROM '-([1-9][0-9]{0,8})$')::bigint)
            ) f (base, number) JOIN names n ON n.key = f.base || ' ' || (p.name COLLATE "C")
            WHERE (p.external_id IS NULL OR f.number = 1) AND NOT EXISTS (SELECT FROM import_product c WHERE c.product_id = p.id)
            ORDER BY p.id, n.age, f.number
        )
        UPDATE import_product r SET product_id = found.id FROM (
            SELECT w.line, k.id FROM (
                SELECT line, row_number() OVER (PARTITION BY name COLLATE "C" ORDER BY line) || ' ' || name AS key
                FROM import_product WHERE by_name AND product_id IS NULL
            ) w JOIN (
                SELECT id, row_number() OVER (PARTITION BY name COLLATE "C" ORDER BY age, number) || ' ' || (name COLLATE "C") AS key
                FROM known
            ) k USING (key)
        ) found WHERE found.line = r.line;
        UPDATE import_product r SET product_id = found.id FROM (
            SELECT DISTINCT ON (w.line) w.line, p.id FROM (
                SELECT DISTINCT ON (base, \(folded("name"))) line, base, former_base, \(folded("name")) AS name FROM import_product
                WHERE by_name AND product_id IS NULL ORDER BY base, \(folded("name")), line
            ) w CROSS JOIN LATERAL (VALUES (w.former_base, 1), (w.base, 2)) s (slug, age)
            JOIN product p ON p.slug = s.slug AND w.name = \(folded("p.name"))
            WHERE NOT EXISTS (SELECT FROM import_product c WHERE c.product_id = p.id)
            ORDER BY w.line, s.age
        ) found WHERE found.line = r.line
        """

    private static func folded(_ name: String) -> String {
        "lower(regexp_replace(\(name), '\\s+', ' ', 'g') COLLATE \"und-x-icu\")"
    }

    /// Finds two rows for one product: the first row keeps it.
    static let claimedTwice = """
        INSERT INTO import_error
        SELECT line, '', 'is the same product as line ' || first FROM (
            SELECT line, min(line) OVER (PARTITION BY product_id) AS first FROM import_product WHERE product_id IS NOT NULL
        ) seen WHERE line > first
        """

    /// Marks new products, and takes over slug and id of the others.
    static let settle = """
        UPDATE import_product SET is_new = product_id IS NULL, product_id = coalesce(product_id, id);
        UPDATE import_product r SET slug = coalesce(r.slug, p.slug), external_id = coalesce(r.external_id, p.external_id)
        FROM product p WHERE p.id = r.product_id AND (r.slug IS NULL OR r.external_id IS NULL)
        """

    // MARK: Currencies

    /// The currencies of the products whose rows name none.
    static let currencies = """
        SELECT DISTINCT p.currency FROM import_product r JOIN product p ON p.id = r.product_id WHERE r.currency IS NULL
        """

    /// Sets the currency of prices that have none, to that of their product or of the store, and converts them from
    /// ten-thousandths to minor units.
    static func priced(in currency: String, digits: Int, isStores: Bool) -> PostgresQuery {
        let factor = (digits..<RowRules.openDigits).reduce(Int64(1)) { factor, _ in factor * 10 }
        // The store's currency comes last, for all rows that are left.
        let product: PostgresQuery =
            isStores
            ? "true" : "EXISTS (SELECT FROM product p WHERE p.id = r.product_id AND p.currency = \(currency))"
        return """
            WITH named AS (
                UPDATE import_product r SET currency = \(currency), price = r.price / \(factor)
                WHERE r.currency IS NULL AND \(product) RETURNING r.line
            ), priced AS (
                UPDATE import_variant v SET price = v.price / \(factor), compare_at_price = v.compare_at_price / \(factor) \
                FROM named n WHERE n.line = v.line
            )
            INSERT INTO import_error (line, field, reason)
            SELECT v.line, CASE WHEN r.lists_variants THEN 'variants/' || v.position || '/' ELSE '' END || a.field, CASE
                WHEN a.amount % \(factor) <> 0 THEN \(RowReader.tooManyDigits(digits))
                ELSE \(RowReader.outOfRange(digits)) END
            FROM named n JOIN import_variant v USING (line) JOIN import_product r USING (line)
            CROSS JOIN LATERAL (VALUES ('price', v.price), ('compare_at_price', v.compare_at_price)) a (field, amount)
            WHERE a.amount % \(factor) <> 0 OR a.amount / \(factor) > \(RowRules.maximumPrice)
            """
    }

    /// Finds rows that change their product's currency without a price for every variant that stays on sale: the other prices would
    /// be read in the new currency.
    static let changedCurrency = """
        INSERT INTO import_error
        SELECT r.line, 'currency', 'is not the ' || p.currency || ' of the product, whose other variants the row does not price'
        FROM import_product r JOIN product p ON p.id = r.product_id
        WHERE p.currency <> r.currency AND NOT r.lists_variants AND EXISTS (
            SELECT FROM variant k WHERE k.product_id = p.id AND k.active
                AND NOT EXISTS (SELECT FROM import_variant v WHERE v.variant_id = k.id))
        """

    // MARK: Slugs of new products

    /// Makes the slugs of new products. The first product of a name gets the plain slug if it is free; the others get the lowest
    /// free numbers after it, in the order of their rows. Names that make `mug` and `mug-2` come first, so `mug-2` is not given twice.
    ///
    /// The join uses one key. With two keys, PostgreSQL, which expects a single row here, merges by the first and compares the
    /// second pair by pair: a hundred thousand rows with a dozen names took minutes.
    static let slugs = """
        UPDATE import_product r SET slug = w.base FROM (
            SELECT DISTINCT ON (base) line, base FROM import_product WHERE is_new AND slug IS NULL ORDER BY base, line
        ) w
        WHERE r.line = w.line AND NOT EXISTS (SELECT FROM product p WHERE p.slug = w.base)
            AND NOT EXISTS (SELECT FROM import_product e WHERE e.slug = w.base);
        WITH waiting AS MATERIALIZED (
            SELECT line, base, base || ' ' || row_number() OVER (PARTITION BY base ORDER BY line) AS key
            FROM import_product WHERE is_new AND slug IS NULL
        ), taken AS MATERIALIZED (
            SELECT f.base, f.number FROM (
                SELECT slug FROM product UNION ALL SELECT slug FROM import_product WHERE slug IS NOT NULL
            ) s CROSS JOIN LATERAL (
                SELECT substring(s.slug FROM '^(.+)-[1-9][0-9]{0,8}$') AS base,
                    substring(s.slug FROM '-([1-9][0-9]{0,8})$')::bigint AS number
            ) f WHERE f.base IN (SELECT base FROM waiting)
        ), wanted AS (
            -- Among as many numbers as are wanted and taken together, enough are free.
            SELECT base, count(*) AS numbers FROM (SELECT base FROM waiting UNION ALL SELECT base FROM taken) b GROUP BY base
        ), free AS MATERIALIZED (
            SELECT base, number, base || ' ' || row_number() OVER (PARTITION BY base ORDER BY number) AS key FROM (
                SELECT base, generate_series(2, numbers + 1) AS number FROM wanted
                EXCEPT SELECT base, number FROM taken
            ) n
        )
        UPDATE import_product r SET slug = w.base || '-' || f.number
        FROM waiting w JOIN free f USING (key) WHERE r.line = w.line
        """
}
