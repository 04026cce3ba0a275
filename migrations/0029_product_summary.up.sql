-- What lists show of a product, kept with its row, so that a list reads one index and its rows, and the stock of their variants.

ALTER TABLE product
    -- Its active variants in their order, whose stock decides whether it can be bought.
    ADD COLUMN variants uuid[] NOT NULL DEFAULT '{}',
    -- product_summary() of this row.
    ADD COLUMN summary bytea;
-- In the row itself, also where a long description makes the row long: the description is then kept outside.
ALTER TABLE product ALTER COLUMN summary SET STORAGE MAIN;

-- The JSON of a product on lists, in two parts, as whether it can be bought stands between them (ProductSummary.swift reads this).
-- A byte for the format, the product's id, the number of its variants in four bytes and their ids, the length of the first part in
-- four bytes, and both parts.
CREATE FUNCTION product_summary(p product) RETURNS bytea LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE
    category text := (SELECT '{"slug":' || to_json(c.slug) || ',"name":' || to_json(c.name) || '}' FROM category c WHERE c.id = p.category_id);
    money text := ',"currency":' || to_json(p.currency) || '}';
    low bigint := coalesce(p.price_min, p.price);
    head bytea := convert_to('{"id":"' || p.id || '","slug":' || to_json(p.slug) || ',"name":' || to_json(p.name)
        || ',"category":' || coalesce(category, 'null') || ',"brand":' || coalesce(to_json(p.brand)::text, 'null')
        || ',"tags":' || array_to_json(p.tags) || ',"image":' || coalesce((p.images->0)::text, 'null')
        || ',"price":{"amount":' || p.price || money || ',"price_range":{"min":{"amount":' || low || money
        || ',"max":{"amount":' || greatest(low, coalesce(p.price_max, p.price)) || money || '}'
        || ',"compare_at_price":' || CASE WHEN p.compare_at_price > p.price THEN '{"amount":' || p.compare_at_price || money ELSE 'null' END
        || ',"variant_count":' || cardinality(p.variants) || ',"in_stock":', 'UTF8');
BEGIN
    RETURN '\x01'::bytea || uuid_send(p.id) || int4send(cardinality(p.variants))
        || decode(replace(array_to_string(p.variants, ''), '-', ''), 'hex') || int4send(length(head)) || head
        || convert_to(',"status":"active","created_at":"' || to_char(p.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            || '","updated_at":"' || to_char(p.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"}', 'UTF8');
END
$$;

-- A trigger before each row: the summary is written with the row, by any writer, and two writers of one product wait for each other.
CREATE FUNCTION product_summary_keep() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    -- A transaction that renames the category either waits until this row can be seen, or is waited for.
    PERFORM FROM category c WHERE c.id = NEW.category_id FOR SHARE;
    NEW.summary := product_summary(NEW);
    RETURN NEW;
END
$$;
CREATE TRIGGER product_summary_keep BEFORE INSERT OR UPDATE OF id, slug, name, category_id, brand, tags, images, currency, price,
    price_min, price_max, compare_at_price, variants, created_at, updated_at ON product
    FOR EACH ROW EXECUTE FUNCTION product_summary_keep();

-- Lists show the slug and the name of a category with each of its products.
CREATE FUNCTION product_summary_category() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE product SET category_id = category_id WHERE category_id = ANY(ARRAY(
        SELECT n.id FROM new_rows n JOIN old_rows o USING (id) WHERE (n.slug, n.name) IS DISTINCT FROM (o.slug, o.name)));
    RETURN NULL;
END
$$;
CREATE TRIGGER product_summary_category AFTER UPDATE ON category
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION product_summary_category();

-- Writes what products keep of their variants, where it differs. The products are locked before their variants are read: of two
-- transactions that change variants of one product, the second one sees what the first has committed.
CREATE OR REPLACE FUNCTION product_depth_refresh(ids uuid[]) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF ids IS NULL THEN RETURN; END IF;
    PERFORM FROM unnest(ids) i (id) JOIN product q ON q.id = i.id ORDER BY q.id FOR NO KEY UPDATE OF q;
    UPDATE product p SET facets = w.facets, price_min = w.price_min, price_max = w.price_max,
        compare_at_price = w.compare_at_price, variants = w.variants
    FROM (
        SELECT q.id, coalesce(v.price_min, q.price) AS price_min, coalesce(v.price_max, q.price) AS price_max, v.compare_at_price,
            coalesce(v.variants, '{}') AS variants, product_facets(q.brand, q.tags, q.attributes, v.options) AS facets
        -- Not = ANY(ids): each row would be compared with each id.
        FROM unnest(ids) i (id) JOIN product q ON q.id = i.id CROSS JOIN LATERAL (
            SELECT min(k.price) AS price_min, max(k.price) AS price_max, array_agg(k.options) AS options,
                array_agg(k.id ORDER BY k.position, k.id) AS variants,
                (array_agg(k.compare_at_price ORDER BY k.position, k.id))[1] AS compare_at_price
            FROM variant k WHERE k.product_id = q.id AND k.active
        ) v
    ) w WHERE p.id = w.id AND (p.facets, p.price_min, p.price_max, p.compare_at_price, p.variants)
        IS DISTINCT FROM (w.facets, w.price_min, w.price_max, w.compare_at_price, w.variants);
END
$$;

-- Writes the summaries of products, some at a time: those that have none, as they were there before the trigger, or all again. It
-- can be stopped and repeated. The lock is that of an import: whichever comes second waits, so that neither waits inside the other for a row.
CREATE PROCEDURE product_summary_fill(again boolean DEFAULT false) LANGUAGE plpgsql AS $$
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
        PERFORM public.product_depth_refresh(ids);
        UPDATE public.product p SET category_id = p.category_id WHERE p.id = ANY(ids) AND (again OR p.summary IS NULL);
        last := ids[array_upper(ids, 1)];
        COMMIT;
    END LOOP;
    -- Lists in caches may have been read from the summaries before.
    UPDATE public.catalog_version SET version = version + 1 RETURNING version INTO number;
    PERFORM pg_notify('catalog', number::text);
END
$$;
