// Writing products and variants.

extension ImportStatements {
    /// Inserts new products, a microsecond apart in the order of their rows, so "newest first" has one order.
    static let insertProducts = """
        INSERT INTO product (id, external_id, slug, name, description, category_id, tags, images, currency, price, status,
            created_at, updated_at)
        SELECT product_id, external_id, slug, name, coalesce(description, ''), category_id, coalesce(tags, '{}'),
            coalesce(images, '[]'), currency, price, coalesce(status, 'active'),
            now() + line * interval '1 microsecond', now() + line * interval '1 microsecond'
        FROM import_product WHERE is_new ORDER BY line
        """

    /// Inserts new variants.
    static let insertVariants = """
        INSERT INTO variant (id, product_id, sku, name, options, price, position, max_quantity)
        SELECT v.variant_id, r.product_id, v.sku, v.name, v.options, v.price, v.position, coalesce(v.max_quantity, 999)
        FROM import_variant v JOIN import_product r USING (line) WHERE v.is_new ORDER BY v.line, v.position
        """

    /// Updates existing variants, takes unlisted variants off sale, and notes the products of both. Returns the number of variants.
    static let updateVariants = """
        WITH changed AS (
            UPDATE variant k SET sku = w.sku, price = w.price, active = true, name = w.name, options = w.options,
                position = w.position, max_quantity = w.max_quantity
            FROM (
                SELECT v.variant_id, v.sku, v.price, coalesce(v.max_quantity, k.max_quantity) AS max_quantity,
                    CASE WHEN r.lists_variants THEN v.name ELSE k.name END AS name,
                    CASE WHEN r.lists_variants THEN v.options ELSE k.options END AS options,
                    CASE WHEN r.lists_variants THEN v.position ELSE k.position END AS position
                FROM import_variant v JOIN import_product r USING (line) JOIN variant k ON k.id = v.variant_id
                WHERE NOT v.is_new
            ) w
            WHERE k.id = w.variant_id AND (k.sku, k.price, k.active, k.name, k.options, k.position, k.max_quantity)
                IS DISTINCT FROM (w.sku, w.price, true, w.name, w.options, w.position, w.max_quantity)
            RETURNING k.product_id
        ), dropped AS (
            UPDATE variant k SET active = false FROM import_product r
            WHERE r.product_id = k.product_id AND r.lists_variants AND NOT r.is_new AND k.active
                AND NOT EXISTS (SELECT FROM import_variant v WHERE v.variant_id = k.id)
            RETURNING k.product_id
        ), added AS (
            SELECT r.product_id FROM import_variant v JOIN import_product r USING (line) WHERE v.is_new AND NOT r.is_new
        ), every AS (
            SELECT product_id FROM changed UNION ALL SELECT product_id FROM dropped UNION ALL SELECT product_id FROM added
        ), touched AS (
            INSERT INTO import_touched SELECT DISTINCT product_id FROM every
        )
        SELECT count(*) FROM every
        """

    /// Updates products that differ from their rows. Values that a row leaves out stay.
    static let updateProducts = """
        UPDATE product p SET external_id = w.external_id, slug = w.slug, name = w.name, description = w.description,
            category_id = w.category_id, tags = w.tags, images = w.images, currency = w.currency, price = w.price,
            status = w.status, updated_at = now()
        FROM (
            SELECT r.product_id, coalesce(r.external_id, p.external_id) AS external_id, coalesce(r.slug, p.slug) AS slug, r.name,
                coalesce(r.description, p.description) AS description, coalesce(r.category_id, p.category_id) AS category_id,
                coalesce(r.tags, p.tags) AS tags, coalesce(r.images, p.images) AS images, r.currency,
                coalesce(d.price, p.price) AS price, coalesce(r.status, p.status) AS status,
                EXISTS (SELECT FROM import_touched t WHERE t.product_id = r.product_id) AS is_touched
            FROM import_product r JOIN product p ON p.id = r.product_id LEFT JOIN LATERAL (
                SELECT k.price FROM variant k WHERE k.product_id = r.product_id AND k.active ORDER BY k.position, k.id LIMIT 1
            ) d ON true
            WHERE NOT r.is_new
        ) w
        WHERE p.id = w.product_id AND (w.is_touched
            OR (p.external_id, p.slug, p.name COLLATE "C", p.description, p.category_id, p.tags, p.images, p.currency, p.price,
                p.status)
            IS DISTINCT FROM (w.external_id, w.slug, w.name, w.description, w.category_id, w.tags, w.images, w.currency,
                w.price, w.status))
        """

    /// Increases the catalogue's version, which ends all cached documents in every task of the service. Once for the whole import:
    /// a notification holds a lock that all commits with notifications share.
    package static let bumpVersion = """
        WITH bumped AS (UPDATE catalog_version SET version = version + 1 RETURNING version)
        SELECT version, pg_notify('catalog', version::text)::text FROM bumped
        """
}
