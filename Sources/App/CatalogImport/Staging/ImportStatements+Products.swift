import Catalog
import Events
import PostgresClient

// Writing products and variants.

extension ImportStatements {
    /// Inserts new products, a microsecond apart in the order of their rows, so "newest first" has one order, and notes them. The
    /// number of affected rows is that of products. Facets, price ranges and variants come with them: the triggers that keep these would
    /// write each product twice.
    static let insertProducts = """
        WITH new AS (INSERT INTO product (id, external_id, slug, name, description, category_id, tags, images, currency, price, status,
            brand, attributes, facets, price_min, price_max, compare_at_price, variants, created_at, updated_at)
        SELECT product_id, external_id, slug, name, coalesce(description, ''), category_id, coalesce(tags, '{}'),
            coalesce(images, '[]'), currency, price, coalesce(status, 'active'),
            nullif(brand, ''), coalesce(attributes, '[]'),
            product_facets(nullif(brand, ''), tags, coalesce(attributes, '[]'), v.options), v.price_min, v.price_max, v.compare_at_price,
            v.variants,
            now() + line * interval '1 microsecond', now() + line * interval '1 microsecond'
        FROM import_product JOIN (
            SELECT line, array_agg(options) AS options, min(price) AS price_min, max(price) AS price_max,
                array_agg(variant_id ORDER BY position, variant_id) AS variants,
                (array_agg(nullif(compare_at_price, 0) ORDER BY position))[1] AS compare_at_price
            FROM import_variant GROUP BY line
        ) v USING (line)
        WHERE is_new ORDER BY line RETURNING id)
        INSERT INTO import_changed SELECT id FROM new
        """

    /// Inserts new variants.
    static let insertVariants = """
        INSERT INTO variant (id, product_id, sku, name, options, option_order, price, compare_at_price, position, max_quantity)
        SELECT v.variant_id, r.product_id, v.sku, v.name, v.options, v.option_order, v.price, nullif(v.compare_at_price, 0),
            v.position, coalesce(v.max_quantity, 999)
        FROM import_variant v JOIN import_product r USING (line) WHERE v.is_new ORDER BY v.line, v.position
        """

    /// Updates existing variants, takes unlisted variants off sale, and notes the products of both. Returns the number of variants.
    static let updateVariants = """
        WITH changed AS (
            UPDATE variant k SET sku = w.sku, price = w.price, active = true, name = w.name, options = w.options,
                position = w.position, max_quantity = w.max_quantity, option_order = w.option_order,
                compare_at_price = w.compare_at_price
            FROM (
                SELECT v.variant_id, v.sku, v.price, coalesce(v.max_quantity, k.max_quantity) AS max_quantity,
                    nullif(coalesce(v.compare_at_price, k.compare_at_price), 0) AS compare_at_price,
                    CASE WHEN r.lists_variants THEN v.option_order ELSE k.option_order END AS option_order,
                    CASE WHEN r.lists_variants THEN v.name ELSE k.name END AS name,
                    CASE WHEN r.lists_variants THEN v.options ELSE k.options END AS options,
                    CASE WHEN r.lists_variants THEN v.position ELSE k.position END AS position
                FROM import_variant v JOIN import_product r USING (line) JOIN variant k ON k.id = v.variant_id
                WHERE NOT v.is_new
            ) w
            WHERE k.id = w.variant_id AND (k.sku, k.price, k.active, k.name, k.options, k.position, k.max_quantity, k.option_order,
                k.compare_at_price)
                IS DISTINCT FROM (w.sku, w.price, true, w.name, w.options, w.position, w.max_quantity, w.option_order,
                w.compare_at_price)
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

    /// Updates products that differ from their rows, and notes them. Values that a row leaves out stay. The number of affected
    /// rows is that of products.
    static let updateProducts = """
        WITH updated AS (UPDATE product p SET external_id = w.external_id, slug = w.slug, name = w.name, description = w.description,
            category_id = w.category_id, tags = w.tags, images = w.images, currency = w.currency, price = w.price,
            status = w.status, brand = w.brand, attributes = w.attributes, updated_at = now()
        FROM (
            SELECT r.product_id, coalesce(r.external_id, p.external_id) AS external_id, coalesce(r.slug, p.slug) AS slug, r.name,
                coalesce(r.description, p.description) AS description, coalesce(r.category_id, p.category_id) AS category_id,
                coalesce(r.tags, p.tags) AS tags, coalesce(r.images, p.images) AS images, r.currency,
                coalesce(d.price, p.price) AS price, coalesce(r.status, p.status) AS status,
                nullif(coalesce(r.brand, p.brand), '') AS brand, coalesce(r.attributes, p.attributes) AS attributes,
                EXISTS (SELECT FROM import_touched t WHERE t.product_id = r.product_id) AS is_touched
            FROM import_product r JOIN product p ON p.id = r.product_id LEFT JOIN LATERAL (
                SELECT k.price FROM variant k WHERE k.product_id = r.product_id AND k.active ORDER BY k.position, k.id LIMIT 1
            ) d ON true
            WHERE NOT r.is_new
        ) w
        WHERE p.id = w.product_id AND (w.is_touched
            OR (p.external_id, p.slug, p.name COLLATE "C", p.description, p.category_id, p.tags, p.images, p.currency, p.price,
                p.status, p.brand, p.attributes)
            IS DISTINCT FROM (w.external_id, w.slug, w.name, w.description, w.category_id, w.tags, w.images, w.currency,
                w.price, w.status, w.brand, w.attributes))
            RETURNING p.id)
        INSERT INTO import_changed SELECT id FROM updated
        """

    /// Increases the catalogue's version, which ends all cached documents in every task of the service. Once for the whole import:
    /// a notification holds a lock that all commits with notifications share.
    package static let bumpVersion = """
        WITH bumped AS (UPDATE catalog_version SET version = version + 1 RETURNING version)
        SELECT version, pg_notify('catalog', version::text)::text FROM bumped
        """

    /// Tells of the changed products, if a target wants to know: an import may change a hundred thousand.
    ///
    /// The payload is the product as GET returns it, at the time of the import.
    static let insertEvents: PostgresQuery = """
        WITH x AS (UPDATE product p SET event_sequence = p.event_sequence + 1 FROM import_changed c WHERE p.id = c.product_id \
        AND EXISTS (SELECT FROM event_target t WHERE \(Outbox.isWanted("\(EventType.productChanged.name)"))) RETURNING p.*) \
        INSERT INTO outbox (\(Outbox.columns)) SELECT \(Outbox.newID), \(EventType.productChanged.name), \
        \(Int32(clamping: EventType.productChanged.version)), \(EventType.productChanged.aggregate), x.id, x.event_sequence, \
        json_build_object('id', x.id, 'slug', x.slug, 'name', x.name, 'description', x.description, \
        'category', (SELECT json_build_object('slug', c.slug, 'name', c.name, 'path', category_breadcrumbs(c.path)) \
        FROM category c WHERE c.id = x.category_id), \
        'brand', x.brand, 'attributes', attributes_shown(x.attributes), \
        'tags', x.tags, 'images', x.images, 'price', json_build_object('amount', x.price, 'currency', x.currency), \
        'price_range', json_build_object('min', json_build_object('amount', coalesce(x.price_min, x.price), 'currency', x.currency), \
        'max', json_build_object('amount', coalesce(x.price_max, x.price), 'currency', x.currency)), \
        'variants', v.variants, 'status', x.status, 'created_at', \(time("x.created_at")), 'updated_at', \(time("x.updated_at"))), \
        NULL FROM x CROSS JOIN LATERAL (SELECT coalesce(json_agg(json_build_object('id', v.id, 'sku', v.sku, 'name', v.name, \
        'options', options_ordered(v.options, v.option_order), 'price', json_build_object('amount', v.price, 'currency', x.currency), \
        'compare_at_price', CASE WHEN v.compare_at_price > v.price \
        THEN json_build_object('amount', v.compare_at_price, 'currency', x.currency) END, \
        'available', coalesce(s.on_hand - s.reserved, 0), 'in_stock', coalesce(s.on_hand > s.reserved, false)) \
        ORDER BY v.position, v.id), '[]') AS variants FROM variant v LEFT JOIN stock s ON s.variant_id = v.id \
        WHERE v.product_id = x.id AND v.active) v ORDER BY x.id
        """

    /// A time as in the API's documents (RFC 3339).
    private static func time(_ column: PostgresQuery) -> PostgresQuery {
        #"to_char(\#(column) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"#
    }
}
