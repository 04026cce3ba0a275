DROP FUNCTION search_query(text[], text[], text);

CREATE OR REPLACE FUNCTION search_query(terms text[], OUT query text, OUT whole text, OUT is_common boolean, OUT is_common_name boolean, OUT is_many boolean,
    OUT skus uuid[], OUT sku_prefixes uuid[], OUT mentioned uuid[], OUT redirect text, OUT cleaned text[], OUT rare_terms integer[], OUT rare_words text[],
    OUT rare_products integer[])
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = public, pg_catalog, pg_temp
-- PostgreSQL cannot tell how rare a word is, and one row is quickly found in a table that is full of them.
SET enable_seqscan = off AS $$
DECLARE
    languages regconfig[] := (SELECT search_configurations(s.languages) FROM search_setting s);
    kind text;
    words text;
    tokens text[];
    written text[];
    token record;
    plain text[] := '{}';
    is_plain boolean := true;
    groups text[] := '{}';
    parts text[] := '{}';
    excluded text[] := '{}';
    stops text[] := '{}';
    forms text[];
    -- The plain words of a group, and for each its part, its term, and about how many products have it.
    singles text[] := '{}';
    single_parts text[] := '{}';
    single_terms integer[] := '{}';
    single_hits bigint[] := '{}';
    joins text[];
    is_joined boolean[];
    joined text;
    best integer;
    found integer;
    language regconfig;
    hits bigint;
    total_hits bigint := 0;
    last_word integer := 0;
    is_last boolean;
    folded text;
BEGIN
    cleaned := '{}';
    rare_terms := '{}';
    rare_words := '{}';
    rare_products := '{}';
    is_common := false;
    is_common_name := false;
    is_many := false;
    skus := '{}';
    sku_prefixes := '{}';
    mentioned := '{}';
    FOR n IN 1..coalesce(cardinality(terms), 0) LOOP
        cleaned := cleaned || search_words(substr(terms[n], 2));
        IF left(terms[n], 1) = '+' THEN last_word := n; END IF;
    END LOOP;
    IF last_word < coalesce(cardinality(terms), 0) THEN last_word := 0; END IF;
    FOR n IN 1..coalesce(cardinality(terms), 0) + 1 LOOP
        kind := CASE WHEN n > cardinality(terms) THEN '|' ELSE left(terms[n], 1) END;
        words := cleaned[n];
        IF kind = '|' THEN
            IF n <= cardinality(terms) THEN is_plain := false; END IF;
            joins := '{}';
            is_joined := array_fill(false, ARRAY[greatest(cardinality(singles), 1)]);
            -- Compounds that are written apart, as `käse messer`.
            FOR i IN 1..cardinality(singles) - 1 LOOP
                EXIT WHEN cardinality(singles) > 8;
                joined := singles[i] || singles[i + 1];
                is_last := single_terms[i + 1] = last_word AND i + 1 = cardinality(singles) AND char_length(singles[i + 1]) > 2;
                CONTINUE WHEN char_length(joined) < 3 OR joined ~ '[\u0E00-\u0E7F\u3005-\uD7AF\uF900-\uFAFF]' OR NOT EXISTS (
                    SELECT FROM search_word w WHERE w.word >= joined COLLATE "C"
                        AND w.word <= joined || CASE WHEN is_last THEN U&'\+10FFFF' ELSE '' END COLLATE "C");
                token := search_token(joined, languages, is_last);
                CONTINUE WHEN token.part IS NULL;
                is_joined[i] := true;
                is_joined[i + 1] := true;
                joins := joins || array_to_string(single_parts[:i - 1] || token.part || single_parts[i + 2:] || parts || excluded, ' & ');
                total_hits := total_hits + token.hits;
            END LOOP;
            FOR i IN 1..cardinality(singles) LOOP
                -- So many are not corrected.
                EXIT WHEN cardinality(rare_words) > 3;
                CONTINUE WHEN single_hits[i] > 3 OR is_joined[i] OR char_length(singles[i]) NOT BETWEEN 4 AND 64
                    OR singles[i] ~ '[0-9\u0E00-\u0E7F\u3005-\uD7AF]';
                IF single_hits[i] = 0 THEN
                    -- The words are counted now and then only.
                    CONTINUE WHEN EXISTS (SELECT FROM search_product s WHERE s.words @@ single_parts[i]::tsquery);
                    -- A compound that the shop writes apart, as `teapot`.
                    joined := NULL;
                    best := 0;
                    FOR k IN 3..char_length(singles[i]) - 3 LOOP
                        found := (SELECT w.products FROM search_word w WHERE w.word = left(singles[i], k) COLLATE "C" AND w.is_spelled);
                        CONTINUE WHEN found IS NULL;
                        found := least(found, coalesce((SELECT w.products FROM search_word w
                            WHERE w.word = substr(singles[i], k + 1) COLLATE "C" AND w.is_spelled), 0));
                        CONTINUE WHEN found <= best;
                        best := found;
                        joined := (search_token(left(singles[i], k), languages, false)).part || ' & '
                            || (search_token(substr(singles[i], k + 1), languages, false)).part;
                    END LOOP;
                    IF joined IS NOT NULL AND EXISTS (SELECT FROM search_product s WHERE s.words @@ joined::tsquery) THEN
                        single_parts[i] := '(' || single_parts[i] || ' | (' || joined || '))';
                        CONTINUE;
                    END IF;
                END IF;
                rare_terms := rare_terms || single_terms[i];
                rare_words := rare_words || singles[i];
                rare_products := rare_products || single_hits[i]::integer;
            END LOOP;
            parts := single_parts || parts;
            IF cardinality(parts) = 0 THEN parts := stops; END IF;
            IF cardinality(parts) > 0 THEN
                groups := groups || ('(' || array_to_string(parts || excluded, ' & ') || ')');
                IF cardinality(joins) > 0 THEN groups := groups || ('(' || array_to_string(joins, ') | (') || ')'); END IF;
                total_hits := total_hits + coalesce(hits, 0);
            END IF;
            parts := '{}';
            excluded := '{}';
            stops := '{}';
            singles := '{}';
            single_parts := '{}';
            single_terms := '{}';
            single_hits := '{}';
            hits := NULL;
            CONTINUE;
        END IF;
        CONTINUE WHEN words = '';
        tokens := (string_to_array(words, ' '))[1:32];
        IF kind IN ('+', '"') THEN plain := plain || words; ELSE is_plain := false; END IF;
        IF kind IN ('"', '~') AND words !~ '[\u0E00-\u0E7F\u3005-\uD7AF\uF900-\uFAFF]' THEN
            forms := ARRAY['(' || phraseto_tsquery('simple', words)::text || ')'];
            FOREACH language IN ARRAY languages LOOP
                IF numnode(phraseto_tsquery(language, words)) > 0 THEN
                    forms := forms || ('(' || phraseto_tsquery(language, words)::text || ')');
                END IF;
            END LOOP;
            forms := ARRAY['(' || array_to_string(forms, ' | ') || ')'];
            -- At most as many products as have its rarest word.
            IF kind = '"' THEN
                hits := least(hits, (SELECT min((SELECT coalesce(sum(w.products), 0) FROM search_word w
                    WHERE w.word = ANY(search_forms(t, languages) || t))) FROM unnest(tokens) t));
            END IF;
        ELSE
            forms := '{}';
            written := '{}';
            IF kind = '+' AND terms[n] ~* '[äöü]|[aou]\u0308' THEN
                written := string_to_array(search_words(replace(replace(replace(lower(normalize(substr(terms[n], 2), NFC)),
                    'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue')), ' ');
            END IF;
            FOR i IN 1..cardinality(tokens) LOOP
                -- Words beyond the first 32 say no more.
                EXIT WHEN cardinality(singles) + cardinality(parts) + cardinality(excluded) + cardinality(forms) >= 32;
                is_last := n = last_word AND i = cardinality(tokens);
                token := search_token(tokens[i], languages, is_last);
                -- Lists of words without a meaning have them with their accents, as `für`.
                IF cardinality(tokens) = 1 AND terms[n] ~ '[^\u0001-\u007F]' THEN
                    FOREACH language IN ARRAY languages LOOP
                        IF length(to_tsvector(language, lower(normalize(substr(terms[n], 2), NFC)))) = 0 THEN token.part := NULL; END IF;
                    END LOOP;
                END IF;
                IF token.part IS NULL THEN
                    IF kind = '+' THEN stops := (stops || (quote_literal(tokens[i]) || ':A'))[1:32]; END IF;
                    CONTINUE;
                END IF;
                -- `Müller` as `Mueller`.
                IF cardinality(written) = cardinality(tokens) AND written[i] <> tokens[i] THEN
                    token.part := '(' || token.part || ' | ' || quote_literal(written[i]) || CASE WHEN is_last THEN ':*' ELSE '' END || ')';
                    token.hits := token.hits + coalesce((SELECT w.products FROM search_word w WHERE w.word = written[i] COLLATE "C"), 0);
                END IF;
                -- `500ml` as `500 ml`, `180x90` as `180 × 90`.
                IF tokens[i] ~ '^[0-9]+([a-z]+[0-9]*)+$' AND tokens[i] !~ '^[0-9]+x$' THEN
                    token.part := '(' || token.part || ' | ' || (SELECT string_agg(quote_literal(r.m[1]) || CASE WHEN r.m[1] ~ '^[0-9]' AND r.place > 1
                        THEN ':*' ELSE '' END, ' & ') FROM regexp_matches(tokens[i], '[0-9]+|[a-z]+', 'g') WITH ORDINALITY r (m, place)
                        WHERE r.m[1] <> 'x') || ')';
                END IF;
                IF kind = '+' THEN
                    hits := least(hits, token.hits);
                    singles := singles || tokens[i];
                    single_parts := single_parts || token.part;
                    single_terms := single_terms || n;
                    single_hits := single_hits || token.hits;
                ELSE
                    forms := forms || token.part;
                    IF kind = '"' THEN hits := least(hits, token.hits); END IF;
                END IF;
            END LOOP;
        END IF;
        CONTINUE WHEN cardinality(forms) = 0;
        IF kind = '"' THEN
            parts := (parts || forms)[1:32];
        ELSE
            excluded := (excluded || ('!(' || array_to_string(forms, ' & ') || ')'))[1:32];
        END IF;
    END LOOP;
    IF cardinality(groups) = 0 THEN RETURN; END IF;
    query := array_to_string(groups, ' | ');
    IF is_plain THEN
        whole := array_to_string(plain, ' ');
        SELECT r.path INTO redirect FROM search_redirect r WHERE r.words = whole COLLATE "C";
        IF whole LIKE '% %' THEN
            SELECT query || coalesce(string_agg(' | ' || (search_terms(s.synonym, languages)).part, ''), '') INTO query
            FROM search_synonym s WHERE s.word = whole COLLATE "C";
        END IF;
        folded := replace(whole, ' ', '');
        SELECT coalesce(array_agg(DISTINCT x.product_id), '{}') INTO skus FROM (SELECT v.product_id FROM variant v
            WHERE v.active AND search_sku(v.sku) = folded COLLATE "C" LIMIT 100) x;
        IF cardinality(terms) > 1 THEN
            SELECT coalesce(array_agg(DISTINCT x.product_id), '{}') INTO mentioned FROM (SELECT v.product_id FROM variant v
                WHERE v.active AND search_sku(v.sku) = ANY(ARRAY(SELECT replace(c, ' ', '') COLLATE "C" FROM unnest(cleaned) c
                    WHERE c ~ '[0-9]' AND char_length(c) >= 4)) LIMIT 100) x;
        END IF;
        IF char_length(folded) >= 3 THEN
            SELECT coalesce(array_agg(DISTINCT x.product_id), '{}') INTO sku_prefixes FROM (SELECT v.product_id FROM variant v
                WHERE v.active AND search_sku(v.sku) > folded COLLATE "C"
                    AND search_sku(v.sku) < folded || U&'\+10FFFF' COLLATE "C"
                ORDER BY search_sku(v.sku) COLLATE "C" LIMIT 100) x;
        END IF;
    END IF;
    -- Words that many products have: whether they meet in one, the newest products tell.
    IF total_hits > 100000 THEN
        SELECT count(*) > 30, count(*) FILTER (WHERE s.name @@ query::tsquery) > 100 INTO is_common, is_common_name
        FROM (SELECT s.name, s.words FROM search_product s ORDER BY s.created_at DESC, s.product_id DESC LIMIT 1000) s
        WHERE s.words @@ query::tsquery;
        -- Only of a single word it is known without counting that more products have it than are counted.
        IF is_common AND cardinality(terms) = 1 AND cardinality(tokens) = 1 THEN
            is_many := EXISTS (SELECT FROM search_word w WHERE w.word = ANY(search_forms(tokens[1], languages)) AND w.products > 20000);
        END IF;
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION search_words_count() RETURNS void LANGUAGE sql SET search_path = public, pg_temp AS $$
    -- The version before the words are read: what is written meanwhile is counted the next time.
    UPDATE search_setting SET counted = (SELECT version FROM catalog_version);
    DELETE FROM search_term;
    INSERT INTO search_term SELECT 'brand', left(search_words(b.brand), 200), left(b.brand, 200), '', sum(b.products)
    FROM (SELECT brand, count(*) AS products FROM product WHERE status = 'active' AND brand IS NOT NULL GROUP BY brand) b
    GROUP BY 2, 3;
    WITH own AS MATERIALIZED (
        SELECT c.path, n.products FROM (
            SELECT category_id, count(*) AS products FROM product WHERE status = 'active' GROUP BY category_id
        ) n JOIN category c ON c.id = n.category_id
    ), counted AS MATERIALIZED (
        SELECT c.id, sum(o.products) AS products
        FROM category c JOIN own o ON o.path = c.path OR (o.path > c.path || '/' AND o.path < c.path || '0') GROUP BY c.id
    )
    INSERT INTO search_term SELECT 'category', left(search_words(c.name), 200), left(c.name, 200), c.slug, n.products
    FROM counted n JOIN category c ON c.id = n.id;
    WITH found AS MATERIALIZED (
        SELECT w.word, max(w.products) AS products, max(w.names) AS names, bool_or(w.is_spelled) AS is_spelled FROM (
            SELECT word, ndoc AS products, 0 AS names, false AS is_spelled FROM ts_stat('SELECT words FROM public.search_product')
            UNION ALL SELECT word, 0, ndoc, false FROM ts_stat('SELECT name FROM public.search_product')
            UNION ALL SELECT word, 0, 0, true FROM (
                SELECT DISTINCT unnest(string_to_array(name_key, ' ')) AS word FROM search_product) n
            UNION ALL SELECT unnest(string_to_array(search_words(x.text), ' ')), 0, 0, true FROM (
                SELECT brand AS text FROM product WHERE brand IS NOT NULL UNION SELECT unnest(tags) FROM product
                UNION SELECT name FROM category) x
        ) w WHERE w.word NOT LIKE '<%' GROUP BY w.word HAVING max(w.products) > 0
    ), gone AS (
        DELETE FROM search_word x WHERE NOT EXISTS (SELECT FROM found f WHERE f.word = x.word)
    )
    INSERT INTO search_word AS x SELECT word, products, names, is_spelled FROM found
    ON CONFLICT (word) DO UPDATE SET products = EXCLUDED.products, names = EXCLUDED.names, is_spelled = EXCLUDED.is_spelled
    -- A small change of a large number changes nothing.
    WHERE x.is_spelled <> EXCLUDED.is_spelled OR abs(x.products - EXCLUDED.products) > x.products / 16
        OR abs(x.names - EXCLUDED.names) > x.names / 16
$$;

CREATE OR REPLACE FUNCTION search_product_updated() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM search_product_refresh((SELECT array_agg(c.id) FROM changed c JOIN former f USING (id)
        WHERE (c.name COLLATE "C", c.description, c.tags, c.brand, c.attributes, c.category_id, c.status, c.created_at)
            IS DISTINCT FROM (f.name COLLATE "C", f.description, f.tags, f.brand, f.attributes, f.category_id, f.status, f.created_at)));
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION search_product_refresh(ids uuid[]) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    languages regconfig[] := (SELECT search_configurations(s.languages) FROM search_setting s);
BEGIN
    IF ids IS NULL THEN RETURN; END IF;
    DELETE FROM search_product s USING product p
    WHERE s.product_id = ANY(ids) AND p.id = s.product_id AND p.status <> 'active';
    WITH RECURSIVE above (leaf, parent_id, name) AS (
        SELECT c.id, c.parent_id, c.name FROM category c
        WHERE c.id IN (SELECT p.category_id FROM product p WHERE p.id = ANY(ids))
        UNION SELECT a.leaf, c.parent_id, c.name FROM above a JOIN category c ON c.id = a.parent_id
    ), categories AS MATERIALIZED (
        SELECT leaf, string_agg(name, ' ') AS names FROM above GROUP BY leaf
    )
    INSERT INTO search_product AS s (product_id, created_at, name_key, name, words)
    SELECT p.id, p.created_at, left(search_words(p.name), 200), n.name,
        n.name || search_vector(concat_ws(' ', p.brand, array_to_string(p.tags, ' '), c.names), 'B', languages, true)
            || search_vector(concat_ws(' ', a.values, o.values), 'C', languages, true)
            || search_vector(p.description, 'D', languages, false)
            || search_endings(concat_ws(' ', p.name, array_to_string(p.tags, ' '), c.names), 'B', languages)
            || search_endings(concat_ws(' ', a.values, o.values), 'C', languages)
    FROM product p LEFT JOIN categories c ON c.leaf = p.category_id
    CROSS JOIN LATERAL (SELECT search_vector(p.name, 'A', languages, true) AS name OFFSET 0) n
    LEFT JOIN LATERAL (
        SELECT string_agg(CASE WHEN x.value = 'true' THEN coalesce(t.name, x.code) WHEN x.value <> 'false' THEN concat(x.value, ' ', t.unit) END, ' ') AS values
        FROM (SELECT e ->> 'code' AS code, e ->> 'value' AS value FROM jsonb_array_elements(p.attributes) e) x
        LEFT JOIN attribute t ON t.code = x.code WHERE coalesce(t.searchable, true)
    ) a ON p.attributes <> '[]'
    LEFT JOIN LATERAL (
        SELECT string_agg(DISTINCT e.value, ' ') AS values
        FROM variant v CROSS JOIN LATERAL jsonb_each_text(v.options) e WHERE v.product_id = p.id AND v.active AND v.options <> '{}'
    ) o ON true
    WHERE p.id = ANY(ids) AND p.status = 'active'
    ON CONFLICT (product_id) DO UPDATE SET created_at = EXCLUDED.created_at, name_key = EXCLUDED.name_key, name = EXCLUDED.name,
        words = EXCLUDED.words
    WHERE (s.created_at, s.name_key, s.name, s.words)
        IS DISTINCT FROM (EXCLUDED.created_at, EXCLUDED.name_key, EXCLUDED.name, EXCLUDED.words);
END
$$;

CREATE OR REPLACE PROCEDURE search_reindex() LANGUAGE plpgsql AS $$
DECLARE
    last uuid := '00000000-0000-0000-0000-000000000000';
    ids uuid[];
BEGIN
    LOOP
        SELECT array_agg(x.id) INTO ids FROM (SELECT id FROM public.product WHERE id > last ORDER BY id LIMIT 2000) x;
        EXIT WHEN ids IS NULL;
        PERFORM public.search_product_refresh_locked(ids);
        last := ids[array_upper(ids, 1)];
        COMMIT;
    END LOOP;
    PERFORM public.search_words_count();
    COMMIT;
END
$$;

CREATE OR REPLACE FUNCTION search_category_updated() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM search_product_refresh_locked((SELECT array_agg(p.id) FROM product p WHERE p.category_id IN (
        SELECT b.id FROM changed c JOIN former f USING (id) JOIN category b
            ON b.path = c.path OR (b.path > c.path || '/' AND b.path < c.path || '0')
        WHERE (c.name, c.parent_id) IS DISTINCT FROM (f.name, f.parent_id))));
    RETURN NULL;
END
$$;

DROP FUNCTION search_filter(text[], text);
DROP FUNCTION search_filters(text[], uuid[]);
DROP FUNCTION search_filter_word(text);
