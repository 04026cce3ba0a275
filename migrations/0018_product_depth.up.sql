-- What products have beside names and prices.

ALTER TABLE product
    ADD COLUMN brand text,
    -- What is known of it, in the order in which it is shown: [{"code": "weight", "value": 1.2}]. `attribute` has the types.
    ADD COLUMN attributes jsonb NOT NULL DEFAULT '[]',
    -- The least and the greatest price of its active variants; its own price where it has none.
    ADD COLUMN price_min bigint,
    ADD COLUMN price_max bigint,
    -- That of the default variant, which lists show.
    ADD COLUMN compare_at_price bigint,
    -- What lists filter by and count: brand:Acme, tag:gift, option.size:M, attr.colour:red.
    ADD COLUMN facets text[] NOT NULL DEFAULT '{}';

ALTER TABLE variant
    -- The price before it was reduced.
    ADD COLUMN compare_at_price bigint
        CONSTRAINT variant_compare_at_price_check CHECK (compare_at_price BETWEEN 0 AND 1000000000000),
    -- The names of its options in their own order, which jsonb does not keep.
    ADD COLUMN option_order text[] NOT NULL DEFAULT '{}';

-- The attributes that products have. An import makes a row for each that is new.
CREATE TABLE attribute (
    -- Lower case, as in the parameters of lists: attr.colour.
    code        text PRIMARY KEY,
    name        text NOT NULL,
    type        text NOT NULL CONSTRAINT attribute_type_check CHECK (type IN ('text', 'number', 'boolean', 'colour', 'choice')),
    -- Of a number.
    unit        text,
    filterable  boolean NOT NULL DEFAULT true,
    searchable  boolean NOT NULL DEFAULT true,
    shown       boolean NOT NULL DEFAULT true,
    position    integer NOT NULL DEFAULT 0
);

-- How many units of a product were sold lately. A job keeps it.
CREATE TABLE product_sales (
    product_id  uuid PRIMARY KEY,
    sold        integer NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT now()
);

-- The attributes of a product that are shown, as the product's document has them.
CREATE FUNCTION attributes_shown(attributes jsonb) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(json_agg(CASE WHEN k.unit IS NULL
        THEN json_build_object('code', k.code, 'name', k.name, 'type', k.type, 'value', a.value->'value')
        ELSE json_build_object('code', k.code, 'name', k.name, 'type', k.type, 'value', a.value->'value', 'unit', k.unit)
        END ORDER BY a.place), '[]')
    FROM jsonb_array_elements(attributes) WITH ORDINALITY a (value, place)
    JOIN public.attribute k ON k.code = a.value->>'code' WHERE k.shown
$$;

-- The options of a variant in their own order, and then those that a release before has added.
CREATE FUNCTION options_ordered(options jsonb, names text[]) RETURNS json LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(json_object_agg(o.key, o.value ORDER BY array_position(names, o.key), o.key COLLATE "C"), '{}')
    FROM jsonb_each(options) o
$$;

-- The categories from the root down to the one of a path.
CREATE FUNCTION category_breadcrumbs(of_path text) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(json_agg(json_build_object('slug', c.slug, 'name', c.name) ORDER BY c.path), '[]')
    FROM public.category c WHERE c.path = ANY(ARRAY(
        SELECT array_to_string(p.parts[1:n], '/') COLLATE "C"
        FROM (SELECT string_to_array(of_path, '/') AS parts) p CROSS JOIN LATERAL generate_series(1, cardinality(p.parts)) n))
$$;

-- The step of a number on a scale from -3200 to 3200, in the order of the numbers: 32 steps for each power of two, so that numbers
-- of one step are about 2 % apart. With it an index over words also finds numbers in a range.
CREATE FUNCTION attribute_step(value numeric) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN value = 0 THEN 0
        ELSE sign(value)::integer * (1 + least(3199, greatest(0, 1280 + floor(32 * log(2.0, abs(value)))::integer))) END
$$;

-- The power of two that a step belongs to, from -100 to 100.
CREATE FUNCTION attribute_octave(step integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT sign(step)::integer * (abs(step) + 31) / 32
$$;

-- The facets of the numbers in a range, which are few: those of whole powers of two, and steps at both ends. Null is no bound. A
-- product that has one of them may be in the range; its own number tells.
CREATE FUNCTION attribute_range(code text, low numeric, high numeric) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    WITH bounds AS (
        SELECT coalesce(public.attribute_step(low), -3200) AS low, coalesce(public.attribute_step(high), 3200) AS high
    ), octaves AS (
        SELECT o.n, greatest(b.low, o.first) AS low, least(b.high, o.last) AS high,
            o.first >= b.low AND o.last <= b.high AS is_whole
        FROM bounds b CROSS JOIN LATERAL (
            SELECT n, CASE WHEN n > 0 THEN n * 32 - 31 ELSE n * 32 END AS first, CASE WHEN n < 0 THEN n * 32 + 31 ELSE n * 32 END AS last
            FROM generate_series(public.attribute_octave(b.low), public.attribute_octave(b.high)) n
        ) o
    )
    SELECT coalesce(array_agg(word), '{}') FROM (
        SELECT 'attr.' || code || '~' || n AS word FROM octaves WHERE is_whole
        UNION ALL SELECT 'attr.' || code || '^' || step
            FROM octaves CROSS JOIN LATERAL generate_series(low, high) step WHERE NOT is_whole
    ) w
$$;

-- The facets of a product. The service writes the same words when it looks for them (ProductFacets.swift).
CREATE FUNCTION product_facets(brand text, tags text[], attributes jsonb, options jsonb[])
RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT f COLLATE "C"), '{}') FROM (
        SELECT 'brand:' || brand AS f WHERE brand IS NOT NULL
        UNION ALL SELECT 'tag:' || t FROM unnest(tags) t
        UNION ALL SELECT 'option.' || translate(lower(o.key COLLATE "C"), ':', '_') || ':' || o.value
            FROM unnest(options) x CROSS JOIN LATERAL jsonb_each_text(x) o
        UNION ALL SELECT 'attr.' || (a->>'code') || ':' || v
            FROM jsonb_array_elements(attributes) a CROSS JOIN LATERAL jsonb_array_elements_text(
                CASE jsonb_typeof(a->'value') WHEN 'array' THEN a->'value' ELSE jsonb_build_array(a->'value') END) v
        UNION ALL SELECT 'attr.' || n.code || w.word
            FROM (SELECT a->>'code' AS code, public.attribute_step((a->'value')::numeric) AS step
                FROM jsonb_array_elements(attributes) a WHERE jsonb_typeof(a->'value') = 'number') n
            CROSS JOIN LATERAL (VALUES ('^' || n.step), ('~' || public.attribute_octave(n.step))) w (word)
    ) w WHERE f IS NOT NULL
$$;

-- Writes the price ranges and facets of some products, where they differ.
CREATE FUNCTION product_depth_refresh(ids uuid[]) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF ids IS NULL THEN RETURN; END IF;
    UPDATE product p SET facets = w.facets, price_min = w.price_min, price_max = w.price_max,
        compare_at_price = w.compare_at_price
    FROM (
        SELECT q.id, coalesce(v.price_min, q.price) AS price_min, coalesce(v.price_max, q.price) AS price_max, v.compare_at_price, product_facets(q.brand, q.tags, q.attributes, v.options) AS facets
        -- Not = ANY(ids): each row would be compared with each id.
        FROM unnest(ids) i (id) JOIN product q ON q.id = i.id CROSS JOIN LATERAL (
            SELECT min(k.price) AS price_min, max(k.price) AS price_max, array_agg(k.options) AS options,
                (array_agg(k.compare_at_price ORDER BY k.position, k.id))[1] AS compare_at_price
            FROM variant k WHERE k.product_id = q.id AND k.active
        ) v
    ) w WHERE p.id = w.id AND (p.facets, p.price_min, p.price_max, p.compare_at_price)
        IS DISTINCT FROM (w.facets, w.price_min, w.price_max, w.compare_at_price);
END
$$;

-- Once for each statement and not for each row: an import writes thousands. Triggers, so that the release before and statements by
-- hand keep ranges and facets too.
CREATE FUNCTION product_depth_keep() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    ids uuid[];
BEGIN
    IF TG_TABLE_NAME = 'product' AND TG_OP = 'INSERT' THEN
        -- A writer that knows the price range has written the facets too. The variants, which follow, check both.
        SELECT array_agg(n.id) INTO ids FROM new_rows n WHERE n.price_min IS NULL;
    ELSIF TG_TABLE_NAME = 'product' THEN
        -- EXECUTE plans it for the number of rows: a plan made for few rows and kept took 18 s for 10,000.
        EXECUTE 'SELECT array_agg(n.id) FROM new_rows n JOIN old_rows o USING (id)
            WHERE (n.brand, n.tags, n.attributes, n.price) IS DISTINCT FROM (o.brand, o.tags, o.attributes, o.price)' INTO ids;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT n.product_id) INTO ids FROM new_rows n;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT o.product_id) INTO ids FROM old_rows o;
    ELSE
        EXECUTE 'SELECT array_agg(DISTINCT x.id)
            FROM new_rows n JOIN old_rows o USING (id) CROSS JOIN LATERAL (VALUES (n.product_id), (o.product_id)) x (id)
            WHERE (n.product_id, n.price, n.active, n.options, n.compare_at_price, n.position)
                IS DISTINCT FROM (o.product_id, o.price, o.active, o.options, o.compare_at_price, o.position)' INTO ids;
    END IF;
    PERFORM product_depth_refresh(ids);
    RETURN NULL;
END
$$;

CREATE TRIGGER product_depth_insert AFTER INSERT ON product
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION product_depth_keep();
CREATE TRIGGER product_depth_update AFTER UPDATE ON product
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION product_depth_keep();
CREATE TRIGGER variant_depth_insert AFTER INSERT ON variant
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION product_depth_keep();
CREATE TRIGGER variant_depth_update AFTER UPDATE ON variant
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION product_depth_keep();
CREATE TRIGGER variant_depth_delete AFTER DELETE ON variant
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION product_depth_keep();

-- Writes the ranges and facets of all products, some at a time, for the rows that were there before the triggers. It can be stopped
-- and run again. The lock is that of an import: whichever comes second waits, so that neither waits inside the other for a row.
CREATE PROCEDURE product_depth_fill() LANGUAGE plpgsql AS $$
DECLARE
    ids uuid[];
    last uuid := '00000000-0000-0000-0000-000000000000';
BEGIN
    LOOP
        PERFORM pg_advisory_xact_lock(115918758703732);
        SELECT array_agg(id) INTO ids FROM (
            SELECT p.id FROM public.product p WHERE p.id > last ORDER BY p.id LIMIT 1000) p;
        EXIT WHEN ids IS NULL;
        PERFORM public.product_depth_refresh(ids);
        last := ids[array_upper(ids, 1)];
        COMMIT;
    END LOOP;
END
$$;
