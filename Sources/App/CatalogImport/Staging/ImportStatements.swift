import PostgresClient

/// The import's SQL, in the order in which it runs; each step works on all rows at once.
package enum ImportStatements {
    /// Where rows wait until they have become products. Gone with the transaction.
    static let tables = """
        CREATE TEMPORARY TABLE import_product (
            line           bigint PRIMARY KEY,
            -- What it gets if it is new.
            id             uuid NOT NULL,
            external_id    text,
            sku            text,
            slug           text,
            -- What a new slug is made of.
            base           text NOT NULL,
            -- Nothing but its name says which product it is.
            by_name        boolean NOT NULL,
            name           text NOT NULL,
            description    text,
            category       text,
            tags           text[],
            images         jsonb,
            -- NULL: as the product has it. The prices are in ten-thousandths then, until it is known.
            currency       text,
            price          bigint NOT NULL,
            status         text,
            lists_variants boolean NOT NULL,
            -- Found out here.
            product_id     uuid,
            is_new         boolean,
            category_id    uuid
        ) ON COMMIT DROP;
        CREATE TEMPORARY TABLE import_variant (
            line       bigint NOT NULL,
            position   integer NOT NULL,
            id         uuid NOT NULL,
            sku        text,
            name       text NOT NULL,
            options    jsonb NOT NULL,
            price      bigint NOT NULL,
            stock      integer,
            max_quantity integer,
            variant_id uuid,
            is_new     boolean,
            is_derived boolean NOT NULL DEFAULT false,
            PRIMARY KEY (line, position)
        ) ON COMMIT DROP;
        -- Outlives the transaction: existing stock is written behind it, a few rows at a time.
        CREATE TEMPORARY TABLE import_stock (
            place      bigint PRIMARY KEY,
            line       bigint NOT NULL,
            field      text NOT NULL,
            variant_id uuid NOT NULL,
            stock      integer NOT NULL
        );
        CREATE TEMPORARY TABLE import_fault (line bigint NOT NULL, field text NOT NULL, reason text NOT NULL) ON COMMIT DROP;
        CREATE TEMPORARY TABLE import_touched (product_id uuid PRIMARY KEY) ON COMMIT DROP;
        """

    /// The planner knows nothing of temporary tables until it is told; and what it is told here no longer holds once rows are
    /// identified, which the indexes make up for.
    static let analyze = """
        CREATE INDEX ON import_product (slug);
        CREATE INDEX ON import_product (product_id);
        CREATE INDEX ON import_variant (sku);
        CREATE INDEX ON import_variant (variant_id);
        ANALYZE import_product;
        ANALYZE import_variant
        """

    /// Takes rows out that were found faulty.
    static let dropFaulty = """
        DELETE FROM import_product WHERE line IN (SELECT line FROM import_fault);
        DELETE FROM import_variant WHERE line IN (SELECT line FROM import_fault);
        DELETE FROM import_stock WHERE line IN (SELECT line FROM import_fault);
        DELETE FROM import_fault;
        """

    /// How a fault names a variant's field.
    private static let variantField = "CASE WHEN r.lists_variants THEN 'variants/' || v.position || '/' ELSE '' END"

    // MARK: Which product is it

    /// What may occur once in a file occurs twice: the first row has it.
    static let repeated = """
        INSERT INTO import_fault
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

    /// By the file's id, else by a SKU.
    static let identify = """
        UPDATE import_product r SET product_id = p.id FROM product p WHERE p.external_id = r.external_id;
        UPDATE import_product r SET product_id = known.product_id FROM (
            SELECT DISTINCT ON (s.line) s.line, k.product_id FROM (
                SELECT line, -1 AS position, sku FROM import_product WHERE sku IS NOT NULL
                UNION ALL
                SELECT line, position, sku FROM import_variant WHERE sku IS NOT NULL
            ) s JOIN variant k USING (sku) ORDER BY s.line, s.position
        ) known WHERE known.line = r.line AND r.product_id IS NULL;
        INSERT INTO import_fault
        SELECT r.line, 'sku', 'belongs to the product with the id ' || p.external_id
        FROM import_product r JOIN product p ON p.id = r.product_id WHERE p.external_id <> r.external_id
        """

    /// Else by its slug. One that belongs to a product with another id is no match, and can't be had.
    static let identifyBySlug = """
        UPDATE import_product r SET product_id = p.id FROM product p
        WHERE p.slug = r.slug AND r.product_id IS NULL AND (r.external_id IS NULL OR p.external_id IS NULL);
        INSERT INTO import_fault
        SELECT r.line, 'slug', 'belongs to another product'
        FROM import_product r JOIN product p ON p.slug = r.slug WHERE p.id IS DISTINCT FROM r.product_id;
        INSERT INTO import_fault
        SELECT v.line, \(variantField) || 'sku', 'belongs to another product'
        FROM import_variant v JOIN import_product r USING (line) JOIN variant k ON k.sku = v.sku
        WHERE k.product_id IS DISTINCT FROM r.product_id
        """

    /// Rows of which only a name is known. The first row of a name is the first product of that name, the second the second, in
    /// the order of the numbers that their slugs end in, which they got in the order of their rows. Left over after that, a row
    /// is the product whose slug its name makes, where that is called the same but for case and white space: `C` is not `C++`.
    static let identifyByName = """
        UPDATE import_product r SET product_id = found.id FROM (
            SELECT w.line, k.id FROM (
                SELECT line, base, name, row_number() OVER (PARTITION BY base, name COLLATE "C" ORDER BY line) AS nth
                FROM import_product WHERE by_name AND product_id IS NULL
            ) w JOIN (
                SELECT p.id, f.base, p.name, row_number() OVER (PARTITION BY f.base, p.name COLLATE "C" ORDER BY f.number) AS nth
                FROM product p CROSS JOIN LATERAL (VALUES
                    (p.slug, 1::bigint),
                    (substring(p.slug FROM '^(.+)-[1-9][0-9]{0,8}$'), substring(p.slug FROM '-([1-9][0-9]{0,8})$')::bigint)
                ) f (base, number)
                WHERE (p.external_id IS NULL OR f.number = 1)
                    AND EXISTS (SELECT FROM import_product r WHERE r.by_name AND r.base = f.base AND r.name = p.name COLLATE "C")
                    AND NOT EXISTS (SELECT FROM import_product c WHERE c.product_id = p.id)
            ) k ON k.base = w.base AND k.nth = w.nth AND k.name = w.name COLLATE "C"
        ) found WHERE found.line = r.line;
        UPDATE import_product r SET product_id = p.id FROM (
            SELECT DISTINCT ON (base, \(folded("name"))) line, base, \(folded("name")) AS name FROM import_product
            WHERE by_name AND product_id IS NULL ORDER BY base, \(folded("name")), line
        ) w JOIN product p ON p.slug = w.base AND w.name = \(folded("p.name"))
        WHERE r.line = w.line
            AND NOT EXISTS (SELECT FROM import_product c WHERE c.product_id = p.id)
        """

    private static func folded(_ name: String) -> String {
        "lower(regexp_replace(\(name), '\\s+', ' ', 'g') COLLATE \"und-x-icu\")"
    }

    /// Two rows for one product: the first has it.
    static let claimedTwice = """
        INSERT INTO import_fault
        SELECT line, '', 'is the same product as line ' || first FROM (
            SELECT line, min(line) OVER (PARTITION BY product_id) AS first FROM import_product WHERE product_id IS NOT NULL
        ) seen WHERE line > first
        """

    /// Who is new; and what the others are called already.
    static let settle = """
        UPDATE import_product SET is_new = product_id IS NULL, product_id = coalesce(product_id, id);
        UPDATE import_product r SET slug = coalesce(r.slug, p.slug), external_id = coalesce(r.external_id, p.external_id)
        FROM product p WHERE p.id = r.product_id AND (r.slug IS NULL OR r.external_id IS NULL)
        """

    // MARK: What prices are in

    /// The currencies of the products whose rows name none.
    static let currencies = """
        SELECT DISTINCT p.currency FROM import_product r JOIN product p ON p.id = r.product_id WHERE r.currency IS NULL
        """

    /// Gives prices without a currency that of their product, or the store's, and brings them from ten-thousandths to minor units.
    static func priced(in currency: String, digits: Int, isStores: Bool) -> PostgresQuery {
        let factor = (digits..<RowRules.openDigits).reduce(Int64(1)) { factor, _ in factor * 10 }
        // The store's come last, and are all that are left.
        let product: PostgresQuery =
            isStores
            ? "true" : "EXISTS (SELECT FROM product p WHERE p.id = r.product_id AND p.currency = \(currency))"
        return """
            WITH named AS (
                UPDATE import_product r SET currency = \(currency), price = r.price / \(factor)
                WHERE r.currency IS NULL AND \(product) RETURNING r.line
            ), priced AS (
                UPDATE import_variant v SET price = v.price / \(factor) FROM named n WHERE n.line = v.line
            )
            INSERT INTO import_fault (line, field, reason)
            SELECT v.line, CASE WHEN r.lists_variants THEN 'variants/' || v.position || '/' ELSE '' END || 'price', CASE
                WHEN v.price % \(factor) <> 0 THEN \(RowReader.tooManyDigits(digits))
                ELSE \(RowReader.outOfRange(digits)) END
            FROM named n JOIN import_variant v USING (line) JOIN import_product r USING (line)
            WHERE v.price % \(factor) <> 0 OR v.price / \(factor) > \(RowRules.maximumPrice)
            """
    }

    /// A row that changes its product's currency must say the price of every variant that stays on sale: the numbers of the
    /// others would be taken for the new currency's.
    static let changedCurrency = """
        INSERT INTO import_fault
        SELECT r.line, 'currency', 'is not the ' || p.currency || ' of the product, whose other variants the row does not price'
        FROM import_product r JOIN product p ON p.id = r.product_id
        WHERE p.currency <> r.currency AND NOT r.lists_variants AND EXISTS (
            SELECT FROM variant k WHERE k.product_id = p.id AND k.active
                AND NOT EXISTS (SELECT FROM import_variant v WHERE v.variant_id = k.id))
        """

    // MARK: Slugs of new products

    /// The first of a name gets the name's slug where it is free; the others get the lowest free numbers behind it, in the order
    /// of their rows. Nobody else can come by `mug-2` meanwhile: two names that make `mug` and `mug-2` are settled before.
    ///
    /// Joined over one key: over two, PostgreSQL, which expects a single row here, merges over the first and compares the second
    /// pair by pair; a hundred thousand rows of a dozen names took minutes.
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
            -- With as many numbers as are wanted and taken together there are enough free ones.
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
