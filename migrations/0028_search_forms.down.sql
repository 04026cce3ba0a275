-- no-transaction
DROP FUNCTION IF EXISTS search_query;

CREATE OR REPLACE FUNCTION search_terms(words text, languages regconfig[], OUT part text, OUT hits bigint)
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = public, pg_catalog, pg_temp AS $$
    SELECT '(' || nullif(string_agg('(' || nullif(x.forms, '') || ')', ' & '), '') || ')', 0::bigint
    FROM (SELECT (SELECT string_agg(DISTINCT quote_literal(f), ' | ')
        FROM unnest(tsvector_to_array(to_tsvector('simple', token)) || (
            SELECT coalesce(array_agg(s), '{}') FROM unnest(languages) l CROSS JOIN LATERAL unnest(tsvector_to_array(to_tsvector(l, token))) s)) f) AS forms
        FROM unnest(string_to_array(words, ' ')) token) x
$$;

CREATE OR REPLACE FUNCTION search_vector(t text, weight "char", languages regconfig[], plain boolean) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = public, pg_catalog, pg_temp AS $$
DECLARE
    words text;
    vector tsvector := '';
    language regconfig;
    pairs tsvector;
BEGIN
    -- The longest text that gives a vector within PostgreSQL's limits, whatever it holds.
    words := search_words(left(t, 20000));
    IF words IS NULL OR words = '' THEN RETURN vector; END IF;
    IF plain OR cardinality(languages) = 0 THEN
        vector := to_tsvector('simple', words);
        -- A compound may be typed as one word.
        IF t LIKE '%-%' THEN vector := vector || to_tsvector('simple', search_words(replace(left(t, 2000), '-', ''))); END IF;
        IF t ~* '[äöü]' THEN
            vector := vector || to_tsvector('simple', search_words(replace(replace(replace(lower(t), 'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue')));
        END IF;
    END IF;
    FOREACH language IN ARRAY languages LOOP vector := vector || to_tsvector(language, words); END LOOP;
    IF words ~ '[\u0E00-\u0E7F\u3005-\uD7AF\uF900-\uFAFF]' THEN
        SELECT string_agg('''' || pair || ''':' || least(n, 16383), ' ')::tsvector INTO pairs
        FROM unnest(search_pairs(words)) WITH ORDINALITY p (pair, n);
        vector := vector || coalesce(pairs, '');
    END IF;
    RETURN setweight(vector, weight);
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

CREATE OR REPLACE FUNCTION search_token(token text, languages regconfig[], is_prefix boolean, OUT part text, OUT hits bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = public, pg_catalog, pg_temp AS $$
DECLARE
    forms text[] := tsvector_to_array(to_tsvector('simple', token));
    stems text[];
    language regconfig;
    other text;
    inner_part record;
    parts text[];
BEGIN
    IF token ~ '[\u0E00-\u0E7F\u3005-\uD7AF\uF900-\uFAFF]' THEN
        -- Two letters find the words in which they are neighbours; a single one finds those that have it.
        SELECT array_agg(x.part), min(coalesce(w.products, 0)) INTO parts, hits FROM (
            SELECT pair, quote_literal(pair) || CASE WHEN char_length(r.run[1]) = 1 THEN ':*' ELSE '' END AS part
            FROM regexp_matches(token, '[\u0E00-\u0E7F\u3005-\u3007\u3040-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7AF\uF900-\uFAFF]+', 'g') r (run)
            CROSS JOIN LATERAL unnest(search_pairs(r.run[1])) pair
            WHERE char_length(pair) = 2 OR char_length(r.run[1]) = 1) x
        LEFT JOIN search_word w ON w.word = x.pair;
        FOREACH other IN ARRAY string_to_array(btrim(regexp_replace(token,
            '[\u0E00-\u0E7F\u3005-\u3007\u3040-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7AF\uF900-\uFAFF]+', ' ', 'g')), ' ')
        LOOP
            CONTINUE WHEN other = '';
            inner_part := search_token(other, languages, false);
            CONTINUE WHEN inner_part.part IS NULL;
            parts := parts || inner_part.part;
            hits := least(hits, inner_part.hits);
        END LOOP;
        part := '(' || array_to_string(parts, ' & ') || ')';
        RETURN;
    END IF;
    IF cardinality(forms) = 0 THEN RETURN; END IF;
    FOREACH language IN ARRAY languages LOOP
        stems := tsvector_to_array(to_tsvector(language, token));
        IF cardinality(stems) = 0 THEN RETURN; END IF;
        forms := forms || stems;
    END LOOP;
    SELECT array_agg(DISTINCT f) INTO forms FROM unnest(forms) f;
    SELECT array_agg(quote_literal(f)) INTO parts FROM unnest(forms) f;
    SELECT coalesce(sum(products), 0) INTO hits FROM search_word WHERE word = ANY(forms);
    IF is_prefix AND char_length(token) >= 2 THEN
        parts := parts || (quote_literal(token) || ':*');
        hits := hits + (SELECT coalesce(sum(products), 0) FROM (SELECT products FROM search_word
            WHERE word > token COLLATE "C" AND word < token || U&'\+10FFFF' COLLATE "C" LIMIT 1000) x);
    END IF;
    FOR other IN SELECT synonym FROM search_synonym WHERE word = token COLLATE "C" LIMIT 10 LOOP
        inner_part := search_terms(other, languages);
        CONTINUE WHEN inner_part.part IS NULL;
        parts := parts || inner_part.part;
        hits := hits + inner_part.hits;
    END LOOP;
    part := '(' || array_to_string(parts, ' | ') || ')';
END
$$;

CREATE OR REPLACE FUNCTION search_beginning(t text, OUT words text, OUT query text, OUT is_common boolean)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = public, pg_catalog, pg_temp AS $$
DECLARE
    tokens text[];
    parts text[] := '{}';
    names bigint;
    least_names bigint;
BEGIN
    words := search_words(t);
    is_common := false;
    IF words = '' THEN RETURN; END IF;
    tokens := (string_to_array(words, ' '))[1:16];
    FOR i IN 1..cardinality(tokens) LOOP
        IF tokens[i] ~ '[\u0E00-\u0E7F\u3005-\uD7AF\uF900-\uFAFF]' THEN
            parts := parts || (search_token(tokens[i], '{}', false)).part;
            least_names := 0;
        ELSIF i = cardinality(tokens) THEN
            parts := parts || (quote_literal(tokens[i]) || ':*');
            SELECT coalesce(sum(x.names), 0) INTO names FROM (SELECT w.names FROM search_word w
                WHERE w.word >= tokens[i] COLLATE "C" AND w.word < tokens[i] || U&'\+10FFFF' COLLATE "C" LIMIT 2000) x;
            least_names := least(least_names, names);
        ELSE
            parts := parts || quote_literal(tokens[i]);
            SELECT coalesce(max(w.names), 0) INTO names FROM search_word w WHERE w.word = tokens[i] COLLATE "C";
            least_names := least(least_names, names);
        END IF;
    END LOOP;
    query := array_to_string(parts, ' & ');
    is_common := least_names > 20000;
END
$$;

DROP FUNCTION IF EXISTS search_pairs_token, search_forms, search_endings, search_stems, search_light;
CALL search_reindex();
