-- no-transaction
-- More forms of words: Arabic words without the article and endings; ends of compounds, so that `messer` finds `Käsemesser`; compounds
-- that are written apart; umlauts as `ae`. Words that few products have are reported, so that they can be corrected.
--
-- `search_plan` stays for the release before. Each statement can be repeated; the rows are written in small transactions.

-- Arabic words without the article and the commonest endings, as far as three letters stay (after Larkey, Ballesteros and Connell,
-- "Light stemming for Arabic information retrieval", 2007).
CREATE OR REPLACE FUNCTION search_light(words text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT regexp_replace(regexp_replace(words, '(^| )(?:[وفبك]?ال|و?لل)(?=[\u0621-\u06D3]{2})', '\1', 'g'),
        '([\u0621-\u06D3]{3})(?:يات|ات|يه|ه|ي)(?= |$)', '\1', 'g')
$$;

-- The stems of words in the languages that write compounds as one word.
CREATE OR REPLACE FUNCTION search_stems(words text, languages regconfig[]) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    stems text[] := '{}';
    language regconfig;
    written text;
BEGIN
    FOREACH language IN ARRAY languages LOOP
        CONTINUE WHEN language <> ALL('{german,dutch,danish,norwegian,swedish,finnish,hungarian}'::regconfig[]);
        written := words;
        IF language = 'german'::regconfig THEN
            IF written ~ 'eln( |$)' THEN written := regexp_replace(written, 'eln(?= |$)', 'el', 'g'); END IF;
            IF written ~ '[aou]e' THEN written := written || ' ' || regexp_replace(written, '([aou])e', '\1', 'g'); END IF;
        END IF;
        stems := stems || tsvector_to_array(to_tsvector(language, written));
    END LOOP;
    RETURN stems;
END
$$;

-- The stems of long words from their end, each with a sign before it that no word has: a beginning of one is an end of a compound.
CREATE OR REPLACE FUNCTION search_endings(t text, weight "char", languages regconfig[]) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = public, pg_catalog, pg_temp AS $$
DECLARE
    endings text := '';
    stem text;
BEGIN
    IF NOT languages && '{german,dutch,danish,norwegian,swedish,finnish,hungarian}'::regconfig[] THEN RETURN ''; END IF;
    FOREACH stem IN ARRAY search_stems(search_words(left(t, 20000)), languages) LOOP
        IF char_length(stem) >= 6 AND stem ~ '^[a-z]+$' THEN endings := endings || ' <' || reverse(stem) || ':1' || weight::text; END IF;
    END LOOP;
    RETURN endings::tsvector;
END
$$;

-- The forms in which the index may have a word. None: it carries no meaning, as `the`.
CREATE OR REPLACE FUNCTION search_forms(token text, languages regconfig[]) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = public, pg_catalog, pg_temp AS $$
DECLARE
    forms text[] := tsvector_to_array(to_tsvector('simple', token));
    stems text[];
    language regconfig;
BEGIN
    IF cardinality(forms) = 0 THEN RETURN forms; END IF;
    FOREACH language IN ARRAY languages LOOP
        stems := tsvector_to_array(to_tsvector(language, token));
        IF cardinality(stems) = 0 THEN RETURN stems; END IF;
        forms := forms || stems;
        -- `stuehle` as `stühle`, `gabeln` as `gabel`.
        IF language = 'german'::regconfig AND token ~ '[aou]e|eln$' THEN
            forms := forms || tsvector_to_array(to_tsvector(language, regexp_replace(regexp_replace(token, '([aou])e', '\1', 'g'), 'eln$', 'el')))
                || tsvector_to_array(to_tsvector(language, regexp_replace(token, 'eln$', 'el')));
        END IF;
    END LOOP;
    IF token ~ '[\u0621-\u06D3]' THEN forms := forms || search_light(token); END IF;
    RETURN ARRAY(SELECT DISTINCT f FROM unnest(forms) f);
END
$$;

-- A word in a script without spaces as a part of a query: two letters find the words in which they are neighbours, a single one finds
-- those that have it. Other words within it are parts of their own.
CREATE OR REPLACE FUNCTION search_pairs_token(token text, languages regconfig[], OUT part text, OUT hits bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = public, pg_catalog, pg_temp AS $$
DECLARE
    parts text[];
    other text;
    forms text[];
BEGIN
    SELECT array_agg(x.part), min(coalesce(w.products, 0)) INTO parts, hits FROM (
        SELECT pair, quote_literal(pair) || CASE WHEN char_length(c.run) = 1 THEN ':*' ELSE '' END AS part
        FROM regexp_matches(token, '[\u0E00-\u0E7F\u3005-\u3007\u3040-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7AF\uF900-\uFAFF]+', 'g') r (run)
        -- A long vowel at the end is written or not.
        CROSS JOIN LATERAL (SELECT CASE WHEN char_length(r.run[1]) > 2 THEN rtrim(r.run[1], 'ー') ELSE r.run[1] END AS run) c
        CROSS JOIN LATERAL unnest(search_pairs(c.run)) pair
        WHERE char_length(pair) = 2 OR char_length(c.run) = 1) x
    LEFT JOIN search_word w ON w.word = x.pair;
    FOREACH other IN ARRAY string_to_array(btrim(regexp_replace(token,
        '[\u0E00-\u0E7F\u3005-\u3007\u3040-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7AF\uF900-\uFAFF]+', ' ', 'g')), ' ')
    LOOP
        forms := search_forms(other, languages);
        CONTINUE WHEN cardinality(forms) = 0;
        parts := parts || ('(' || (SELECT string_agg(quote_literal(f), ' | ') FROM unnest(forms) f) || ')');
        hits := least(hits, (SELECT coalesce(sum(w.products), 0) FROM search_word w WHERE w.word = ANY(forms)));
    END LOOP;
    part := '(' || array_to_string(parts, ' & ') || ')';
    -- The noun of a Japanese adjective: `白い` as `白`.
    IF token ~ '^[\u4E00-\u9FFF]{1,2}い$' THEN
        part := '(' || part || ' | ' || quote_literal(rtrim(token, 'い')) || CASE WHEN char_length(token) = 2 THEN ':*' ELSE '' END || ')';
        hits := hits + coalesce((SELECT w.products FROM search_word w WHERE w.word = rtrim(token, 'い') COLLATE "C"), 0);
    END IF;
END
$$;

-- The words of a synonym as a part of a query: all of them, without synonyms of their own.
CREATE OR REPLACE FUNCTION search_terms(words text, languages regconfig[], OUT part text, OUT hits bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = public, pg_catalog, pg_temp AS $$
DECLARE
    token text;
    forms text[];
    found record;
BEGIN
    FOREACH token IN ARRAY string_to_array(words, ' ') LOOP
        IF token ~ '[\u0E00-\u0E7F\u3005-\uD7AF\uF900-\uFAFF]' THEN
            found := search_pairs_token(token, languages);
        ELSE
            -- Words without a meaning count here: `the who`.
            forms := ARRAY(SELECT DISTINCT f FROM unnest(search_forms(token, languages) || tsvector_to_array(to_tsvector('simple', token))) f);
            CONTINUE WHEN cardinality(forms) = 0;
            SELECT '(' || (SELECT string_agg(quote_literal(f), ' | ') FROM unnest(forms) f) || ')' AS part,
                (SELECT coalesce(sum(w.products), 0) FROM search_word w WHERE w.word = ANY(forms)) AS hits INTO found;
        END IF;
        part := coalesce(part || ' & ', '') || found.part;
        hits := least(hits, found.hits);
    END LOOP;
    part := '(' || part || ')';
    hits := coalesce(hits, 0);
END
$$;

-- The words of a text with a weight: stems of each language, with `plain` the words themselves too.
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
    -- The stemmer leaves plurals as `gabeln`.
    IF 'german'::regconfig = ANY(languages) AND words ~ 'eln( |$)' THEN
        vector := vector || to_tsvector('german', regexp_replace(words, 'eln(?= |$)', 'el', 'g'));
    END IF;
    IF words ~ '[\u0621-\u06D3]' THEN vector := vector || to_tsvector('simple', search_light(words)); END IF;
    IF words ~ '[\u0E00-\u0E7F\u3005-\uD7AF\uF900-\uFAFF]' THEN
        SELECT string_agg('''' || pair || ''':' || least(n, 16383), ' ')::tsvector INTO pairs
        FROM unnest(search_pairs(words)) WITH ORDINALITY p (pair, n);
        vector := vector || coalesce(pairs, '');
        -- `20` of `20インチ`.
        IF words ~ '[a-z0-9]' THEN
            vector := vector || to_tsvector('simple', regexp_replace(words, '[\u0E00-\u0E7F\u3005-\uD7AF\uF900-\uFAFF]+', ' ', 'g'));
        END IF;
    END IF;
    RETURN setweight(vector, weight);
END
$$;

-- Writes the rows of some products again.
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

-- The forms of a word as a part of a query, and in about how many products one of them is. No part: it carries no meaning, as `the`.
CREATE OR REPLACE FUNCTION search_token(token text, languages regconfig[], is_prefix boolean, OUT part text, OUT hits bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = public, pg_catalog, pg_temp AS $$
DECLARE
    forms text[];
    beginning text;
    other text;
    inner_part record;
    parts text[];
BEGIN
    IF token ~ '[\u0E00-\u0E7F\u3005-\uD7AF\uF900-\uFAFF]' THEN
        SELECT p.part, p.hits INTO part, hits FROM search_pairs_token(token, languages) p;
        FOR other IN SELECT synonym FROM search_synonym WHERE word = token COLLATE "C" LIMIT 10 LOOP
            inner_part := search_terms(other, languages);
            CONTINUE WHEN inner_part.part IS NULL;
            part := '(' || part || ' | ' || inner_part.part || ')';
            hits := hits + inner_part.hits;
        END LOOP;
        RETURN;
    END IF;
    forms := search_forms(token, languages);
    IF cardinality(forms) = 0 THEN RETURN; END IF;
    SELECT array_agg(quote_literal(f)) INTO parts FROM unnest(forms) f;
    SELECT coalesce(sum(products), 0) INTO hits FROM search_word WHERE word = ANY(forms);
    IF is_prefix THEN
        FOR beginning IN SELECT token UNION SELECT search_light(token) LOOP
            CONTINUE WHEN char_length(beginning) < 2;
            parts := parts || (quote_literal(beginning) || ':*');
            hits := hits + (SELECT coalesce(sum(products), 0) FROM (SELECT products FROM search_word
                WHERE word > beginning COLLATE "C" AND word < beginning || U&'\+10FFFF' COLLATE "C" LIMIT 1000) x);
        END LOOP;
    END IF;
    IF token ~ '^[a-z]{4,}$' THEN
        FOR beginning IN SELECT DISTINCT reverse(s) FROM unnest(search_stems(token, languages)) s WHERE s ~ '^[a-z]{3,}$' LOOP
            parts := parts || (quote_literal('<' || beginning) || ':*');
            hits := hits + (SELECT coalesce(sum(products), 0) FROM (SELECT products FROM search_word WHERE is_spelled
                AND reverse(word) COLLATE "C" > reverse(token) AND reverse(word) COLLATE "C" < reverse(token) || U&'\+10FFFF' LIMIT 1000) x);
        END LOOP;
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

-- What suggestions for the beginning of a search look for in names, and whether so many names have it that only the best sold and the
-- newest products are looked through.
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
            parts := parts || ('(' || quote_literal(tokens[i]) || ':* | ' || quote_literal(search_light(tokens[i])) || ':*)');
            SELECT coalesce(sum(x.names), 0) INTO names FROM (SELECT w.names FROM search_word w
                WHERE w.word >= tokens[i] COLLATE "C" AND w.word < tokens[i] || U&'\+10FFFF' COLLATE "C" LIMIT 2000) x;
            least_names := least(least_names, names);
        ELSE
            parts := parts || ('(' || quote_literal(tokens[i]) || ' | ' || quote_literal(search_light(tokens[i])) || ')');
            SELECT coalesce(max(w.names), 0) INTO names FROM search_word w WHERE w.word = tokens[i] COLLATE "C";
            least_names := least(least_names, names);
        END IF;
    END LOOP;
    query := array_to_string(parts, ' & ');
    is_common := least_names > 20000;
END
$$;

-- What a search looks for. Each term begins with its kind: + a word, " a phrase, - a word that is excluded, ~ a phrase that is
-- excluded, | or. Words that at most three products have are told, since they may be misspelled.
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

CALL search_reindex();
