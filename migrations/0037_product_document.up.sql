-- What GET /v1/products/{product} shows of each product, so that the service reads one row and the stock of its variants.
--
-- A table of its own: lists, which read many rows of `product`, stay as narrow as they are.

CREATE TABLE product_document (
    product_id  uuid PRIMARY KEY CONSTRAINT product_document_product_fk REFERENCES product (id) ON DELETE CASCADE,
    -- Its active variants in their order.
    variants    uuid[] NOT NULL,
    -- A byte for the format, then the JSON. In it a byte 1 stands for how many pieces of a variant can be bought, and a byte 2 for
    -- whether one can, each followed by the variant's place in two bytes (StockTemplate.swift reads this).
    document    bytea NOT NULL
    -- Most documents are longer than the 2 kB from which PostgreSQL compresses rows, and a row is read as a whole.
) WITH (toast_tuple_target = 8160);

-- JSON without the spaces between its parts.
CREATE FUNCTION json_compact(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT regexp_replace(value, '("(?:[^"\\]|\\.)*")|\s+', '\1', 'g')
$$;

-- The row for a product; null where it cannot be bought: it is not active, or has no active variant.
CREATE FUNCTION product_document_of(p product) RETURNS product_document LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE
    money text := ',"currency":' || to_json(p.currency) || '}';
    low bigint;
    high bigint;
    variants uuid[] := '{}';
    place bytea;
    list bytea := '';
    v record;
    c record;
    shown text;
    category text;
    path text := '';
    depth integer := 0;
    d product_document;
BEGIN
    IF p.status <> 'active' THEN RETURN NULL; END IF;
    FOR v IN SELECT * FROM variant x WHERE x.product_id = p.id AND x.active ORDER BY x.position, x.id LOOP
        place := int2send(cardinality(variants)::smallint);
        list := list || CASE WHEN list = '' THEN '' ELSE '\x2c'::bytea END
            || convert_to('{"id":"' || v.id || '","sku":' || to_json(v.sku) || ',"name":' || to_json(v.name) || ',"options":'
                || CASE WHEN v.options = '{}' THEN '{}' WHEN cardinality(v.option_order) > 1
                    THEN json_compact(options_ordered(v.options, v.option_order)::text) ELSE json_compact(v.options::text) END
                || ',"price":{"amount":' || v.price || money || ',"compare_at_price":'
                || CASE WHEN v.compare_at_price > v.price THEN '{"amount":' || v.compare_at_price || money ELSE 'null' END
                || ',"available":', 'UTF8')
            || '\x01' || place || convert_to(',"in_stock":', 'UTF8') || '\x02' || place || '\x7d';
        variants := variants || v.id;
        low := least(low, v.price);
        high := greatest(high, v.price);
    END LOOP;
    IF low IS NULL THEN RETURN NULL; END IF;
    -- By their parents and not by the path, which takes a statement of its own to follow a category that was moved.
    SELECT x.parent_id, x.slug, x.name INTO c FROM category x WHERE x.id = p.category_id;
    -- The limit ends it even if the table held a circle.
    WHILE c.slug IS NOT NULL AND depth < 32 LOOP
        shown := '{"slug":' || to_json(c.slug) || ',"name":' || to_json(c.name);
        category := coalesce(category, shown);
        path := shown || CASE WHEN path = '' THEN '}' ELSE '},' END || path;
        depth := depth + 1;
        SELECT x.parent_id, x.slug, x.name INTO c FROM category x WHERE x.id = c.parent_id;
    END LOOP;
    d.product_id := p.id;
    d.variants := variants;
    d.document := '\x01' || convert_to('{"id":"' || p.id || '","slug":' || to_json(p.slug) || ',"name":' || to_json(p.name)
        || ',"description":' || to_json(p.description) || ',"category":' || coalesce(category || ',"path":[' || path || ']}', 'null')
        || ',"brand":' || coalesce(to_json(p.brand)::text, 'null')
        || ',"attributes":' || CASE WHEN p.attributes = '[]' THEN '[]' ELSE json_compact(attributes_shown(p.attributes)::text) END
        || ',"tags":' || array_to_json(p.tags) || ',"images":' || json_compact(p.images::text)
        || ',"price":{"amount":' || p.price || money || ',"price_range":{"min":{"amount":' || low || money
        || ',"max":{"amount":' || high || money || '},"variants":[', 'UTF8')
        || list || convert_to('],"status":"active","created_at":"'
            || to_char(p.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '","updated_at":"'
            || to_char(p.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"}', 'UTF8');
    RETURN d;
END
$$;

-- Writes the rows of products, where they differ. The products are locked before their variants are read: of two transactions that
-- change variants of one product, the second one sees what the first has committed.
CREATE FUNCTION product_document_refresh(ids uuid[]) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF ids IS NULL THEN RETURN; END IF;
    PERFORM pg_advisory_xact_lock_shared(7237112482205363828);
    PERFORM FROM unnest(ids) i (id) JOIN product q ON q.id = i.id ORDER BY q.id FOR NO KEY UPDATE OF q;
    DELETE FROM product_document d USING unnest(ids) i (id) JOIN product q ON q.id = i.id
    WHERE d.product_id = i.id
        AND (q.status <> 'active' OR NOT EXISTS (SELECT FROM variant v WHERE v.product_id = q.id AND v.active));
    -- OFFSET 0: otherwise the planner may join after it has called the function for every product that there is.
    INSERT INTO product_document AS d
    SELECT w.* FROM (SELECT q FROM unnest(ids) i (id) JOIN product q ON q.id = i.id OFFSET 0) x
    CROSS JOIN LATERAL product_document_of(x.q) w WHERE w.product_id IS NOT NULL
    ON CONFLICT (product_id) DO UPDATE SET variants = EXCLUDED.variants, document = EXCLUDED.document
    WHERE (d.variants, d.document) IS DISTINCT FROM (EXCLUDED.variants, EXCLUDED.document);
END
$$;

-- Documents show rows of categories and attributes, which belong to many products. Writers of products share a lock until they
-- commit, and a writer of one of those has it alone: it sees all products that show the row, and no product shows what the row was.
-- It is taken before any row is locked, so that the two never wait for each other.
CREATE FUNCTION product_document_lock() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_TABLE_NAME IN ('category', 'attribute') THEN
        PERFORM pg_advisory_xact_lock(7237112482205363828);
    ELSE
        PERFORM pg_advisory_xact_lock_shared(7237112482205363828);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER product_document_lock BEFORE INSERT OR DELETE OR UPDATE OF slug, name, description, category_id, brand, attributes, tags,
    images, currency, price, status, created_at, updated_at ON product
    FOR EACH STATEMENT EXECUTE FUNCTION product_document_lock();
CREATE TRIGGER variant_document_lock BEFORE INSERT OR DELETE OR UPDATE OF product_id, sku, name, options, option_order, price,
    compare_at_price, position, active ON variant
    FOR EACH STATEMENT EXECUTE FUNCTION product_document_lock();
CREATE TRIGGER category_document_lock BEFORE UPDATE OF parent_id, slug, name ON category
    FOR EACH STATEMENT EXECUTE FUNCTION product_document_lock();
CREATE TRIGGER attribute_document_lock BEFORE DELETE OR UPDATE OF code, name, type, unit, shown ON attribute
    FOR EACH STATEMENT EXECUTE FUNCTION product_document_lock();

-- A new product has no variants yet. EXECUTE plans the joins for the number of rows, which differs from statement to statement.
CREATE FUNCTION product_document_keep() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    ids uuid[];
BEGIN
    IF TG_TABLE_NAME = 'product' THEN
        EXECUTE 'SELECT array_agg(n.id) FROM new_rows n JOIN old_rows o USING (id)
            WHERE (n.slug, n.name COLLATE "C", n.description, n.category_id, n.brand, n.attributes, n.tags, n.images, n.currency,
                n.price, n.status, n.created_at, n.updated_at)
            IS DISTINCT FROM (o.slug, o.name COLLATE "C", o.description, o.category_id, o.brand, o.attributes, o.tags, o.images,
                o.currency, o.price, o.status, o.created_at, o.updated_at)' INTO ids;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT n.product_id) INTO ids FROM new_rows n;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT o.product_id) INTO ids FROM old_rows o;
    ELSE
        EXECUTE 'SELECT array_agg(DISTINCT x.id)
            FROM new_rows n JOIN old_rows o USING (id) CROSS JOIN LATERAL (VALUES (n.product_id), (o.product_id)) x (id)
            WHERE (n.product_id, n.sku, n.name, n.options, n.option_order, n.price, n.compare_at_price, n.position, n.active)
            IS DISTINCT FROM (o.product_id, o.sku, o.name, o.options, o.option_order, o.price, o.compare_at_price, o.position,
                o.active)' INTO ids;
    END IF;
    PERFORM product_document_refresh(ids);
    RETURN NULL;
END
$$;
CREATE TRIGGER product_document_update AFTER UPDATE ON product
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION product_document_keep();
CREATE TRIGGER variant_document_insert AFTER INSERT ON variant
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION product_document_keep();
CREATE TRIGGER variant_document_update AFTER UPDATE ON variant
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION product_document_keep();
CREATE TRIGGER variant_document_delete AFTER DELETE ON variant
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION product_document_keep();

-- A category is shown by the products in it and in all categories below it.
CREATE FUNCTION product_document_category() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    categories uuid[];
BEGIN
    WITH RECURSIVE below AS (
        SELECT n.id FROM new_rows n JOIN old_rows o USING (id)
        WHERE (n.parent_id, n.slug, n.name) IS DISTINCT FROM (o.parent_id, o.slug, o.name)
        UNION SELECT c.id FROM below b JOIN category c ON c.parent_id = b.id
    )
    SELECT array_agg(b.id) INTO categories FROM below b;
    IF categories IS NULL THEN RETURN NULL; END IF;
    PERFORM product_document_refresh((SELECT array_agg(p.id) FROM product p
        WHERE p.category_id = ANY(categories) AND p.status = 'active'));
    RETURN NULL;
END
$$;
CREATE TRIGGER product_document_category AFTER UPDATE ON category
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION product_document_category();

-- An attribute is shown by the products that have it.
CREATE FUNCTION product_document_attribute() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    codes text[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(n.code) INTO codes FROM new_rows n;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(o.code) INTO codes FROM old_rows o;
    ELSE
        SELECT array_agg(coalesce(n.code, o.code)) INTO codes FROM new_rows n FULL JOIN old_rows o USING (code)
        WHERE (n.name, n.type, n.unit, n.shown) IS DISTINCT FROM (o.name, o.type, o.unit, o.shown);
    END IF;
    IF codes IS NULL THEN RETURN NULL; END IF;
    -- An import that makes no new attribute does not wait for others.
    PERFORM pg_advisory_xact_lock(7237112482205363828);
    PERFORM product_document_refresh((SELECT array_agg(p.id) FROM product p WHERE p.status = 'active' AND p.attributes <> '[]'
        AND EXISTS (SELECT FROM jsonb_array_elements(p.attributes) a WHERE a->>'code' = ANY(codes))));
    RETURN NULL;
END
$$;
CREATE TRIGGER product_document_attribute_insert AFTER INSERT ON attribute
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION product_document_attribute();
CREATE TRIGGER product_document_attribute_update AFTER UPDATE ON attribute
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION product_document_attribute();
CREATE TRIGGER product_document_attribute_delete AFTER DELETE ON attribute
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION product_document_attribute();

-- Writes the rows of all products, some at a time: those from before the triggers, or all again after another migration has changed
-- what documents show. It can be stopped and repeated. The lock is that of an import: whichever comes second waits, so that neither
-- waits inside the other for a row.
CREATE PROCEDURE product_document_fill() LANGUAGE plpgsql AS $$
DECLARE
    ids uuid[];
    last uuid := '00000000-0000-0000-0000-000000000000';
    number bigint;
BEGIN
    LOOP
        PERFORM pg_advisory_xact_lock(115918758703732);
        SELECT array_agg(id) INTO ids FROM (
            SELECT p.id FROM public.product p WHERE p.id > last ORDER BY p.id LIMIT 1000) p;
        EXIT WHEN ids IS NULL;
        PERFORM public.product_document_refresh(ids);
        last := ids[array_upper(ids, 1)];
        COMMIT;
    END LOOP;
    -- Caches may have the documents before.
    UPDATE public.catalog_version SET version = version + 1 RETURNING version INTO number;
    PERFORM pg_notify('catalog', number::text);
END
$$;
