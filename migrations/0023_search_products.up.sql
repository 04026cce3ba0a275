-- What searches read: a row for each active product, with its words folded, stemmed and weighted.
--
-- Triggers keep it, so that imports, commands, the release before and statements by hand all do. Both extensions are trusted: the
-- owner of the database may create them, on RDS too. `product.search` stays for the release before.

CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- The languages of the shop's texts (`commerce search language`), as ISO 639-1 codes; each has a stemmer, or is written without spaces.
CREATE TABLE search_setting (
    singleton   boolean PRIMARY KEY DEFAULT true CONSTRAINT search_setting_singleton CHECK (singleton),
    languages   text[] NOT NULL DEFAULT '{en}',
    -- The version of the catalogue that `search_word` was last counted at.
    counted     bigint NOT NULL DEFAULT 0
);
INSERT INTO search_setting DEFAULT VALUES;

-- The text search configurations of some languages; none for a language without a stemmer.
CREATE FUNCTION search_configurations(languages text[]) RETURNS regconfig[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(array_agg(c.name::regconfig ORDER BY l.place), '{}')
    FROM unnest(languages) WITH ORDINALITY l (code, place) JOIN (VALUES
        ('ar', 'arabic'), ('ca', 'catalan'), ('da', 'danish'), ('de', 'german'), ('el', 'greek'), ('en', 'english'),
        ('es', 'spanish'), ('eu', 'basque'), ('fi', 'finnish'), ('fr', 'french'), ('ga', 'irish'), ('hi', 'hindi'),
        ('hu', 'hungarian'), ('hy', 'armenian'), ('id', 'indonesian'), ('it', 'italian'), ('lt', 'lithuanian'), ('ne', 'nepali'),
        ('nl', 'dutch'), ('no', 'norwegian'), ('pt', 'portuguese'), ('ro', 'romanian'), ('ru', 'russian'), ('sr', 'serbian'),
        ('sv', 'swedish'), ('ta', 'tamil'), ('tr', 'turkish'), ('yi', 'yiddish')) c (code, name) USING (code)
$$;

-- Text in lower case without accents, in which every way to write a letter is one: full and half width, hiragana and katakana, the
-- forms of Arabic letters and digits.
CREATE FUNCTION search_fold(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = public, pg_catalog, pg_temp AS $$
BEGIN
    IF octet_length(t) = char_length(t) THEN RETURN lower(t COLLATE "C"); END IF;
    t := lower(normalize(t, NFKD) COLLATE "und-x-icu");
    -- Marks of Latin and Greek letters and Arabic vowel signs; the breve of a Cyrillic letter makes it another letter.
    t := normalize(regexp_replace(t, '(?<![\u0400-\u04FF])[\u0300-\u036F]+|[\u0640\u064B-\u065F\u0670\u200B-\u200F\u00AD]+', '', 'g'), NFC);
    t := unaccent('unaccent'::regdictionary, t);
    RETURN translate(t,
        'ىةؤئی ک٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹ァアィイゥウェエォオカガキギクグケゲコゴサザシジスズセゼソゾタダチヂッツヅテデトドナニヌネノハバパヒビピフブプヘベペホボポマミムメモャヤュユョヨラリルレロヮワヰヱヲンヴヵヶ',
        'يهويي ك01234567890123456789ぁあぃいぅうぇえぉおかがきぎくぐけげこごさざしじすずせぜそぞただちぢっつづてでとどなにぬねのはばぱひびぴふぶぷへべぺほぼぽまみむめもゃやゅゆょよらりるれろゎわゐゑをんゔゕゖ');
END
$$;

-- The same as words with single spaces between them.
CREATE FUNCTION search_words(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = public, pg_catalog, pg_temp AS $$
BEGIN
    -- Apostrophes belong to the letters around them.
    RETURN btrim(regexp_replace(regexp_replace(search_fold(t), '[''’ʼ`]', '', 'g'),
        '[\u0001-\u002F\u003A-\u0040\u005B-\u0060\u007B-\u00BF\u00D7\u00F7\u2000-\u206F\u20A0-\u20CF\u2190-\u2BFF\u3000-\u3004\u3008-\u3020\u3030\u30FB\u060C\u061B\u061F\u0964\u0965\uFF01-\uFF0F\uFE00-\uFE0F]+',
        ' ', 'g'));
END
$$;

-- A SKU without signs.
CREATE FUNCTION search_sku(t text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = public, pg_catalog, pg_temp AS $$
    SELECT left(replace(search_words(t), ' ', ''), 200) COLLATE "C"
$$;

-- Pairs of neighbouring letters of scripts that are written without spaces; and the last letter of each run.
CREATE FUNCTION search_pairs(words text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(array_agg(substr(r.run[1], n, 2) ORDER BY r.place, n), '{}')
    FROM regexp_matches(words, '[\u3005-\u3007\u3040-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\uAC00-\uD7AF\u0E00-\u0E7F]+', 'g') WITH ORDINALITY r (run, place)
    CROSS JOIN LATERAL generate_series(1, char_length(r.run[1])) n
$$;

-- The words of a text with a weight: stems of each language, with `plain` the words themselves too.
CREATE FUNCTION search_vector(t text, weight "char", languages regconfig[], plain boolean) RETURNS tsvector
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

CREATE TABLE search_product (
    product_id  uuid PRIMARY KEY CONSTRAINT search_product_product_fk REFERENCES product (id) ON DELETE CASCADE,
    created_at  timestamptz NOT NULL,
    -- The name as words, as long as an index takes it.
    name_key    text COLLATE "C" NOT NULL,
    -- The words of the name.
    name        tsvector NOT NULL,
    -- All words: of the name (A), brand, tags and categories (B), attributes and options (C), the description (D).
    words       tsvector NOT NULL
);

CREATE INDEX search_product_name_key ON search_product (name_key, product_id);
CREATE INDEX search_product_newest ON search_product (created_at DESC, product_id DESC);
CREATE INDEX search_product_name ON search_product USING gin (name);
CREATE INDEX search_product_words ON search_product USING gin (words);

-- The best sold products, among which a word that most products have is looked for.
CREATE INDEX product_sales_best ON product_sales (sold DESC, product_id DESC);

-- The words of all products and in how many products each is. Counted by a job, since a counter in every write would be one queue.
CREATE TABLE search_word (
    word        text COLLATE "C" PRIMARY KEY,
    products    integer NOT NULL,
    -- In how many names.
    names       integer NOT NULL,
    -- Whether a name, brand, tag or category has it as it is, so that it can be the right spelling of another word.
    is_spelled  boolean NOT NULL
);
CREATE INDEX search_word_reversed ON search_word (reverse(word) COLLATE "C") WHERE is_spelled;
CREATE INDEX search_word_trigrams ON search_word USING gin (word gin_trgm_ops) WHERE is_spelled;

-- The brands and categories that have products, for suggestions. Written with the words.
CREATE TABLE search_term (
    -- brand or category.
    kind        text NOT NULL,
    -- The name as search_words() writes it.
    key         text COLLATE "C" NOT NULL,
    name        text NOT NULL,
    -- Of a category.
    slug        text NOT NULL DEFAULT '',
    products    integer NOT NULL,
    PRIMARY KEY (kind, key, name, slug)
);
CREATE INDEX search_term_key ON search_term USING gin ((' ' || key) gin_trgm_ops);

-- Words that mean the same to shoppers. Both columns as search_words() writes them.
CREATE TABLE search_synonym (
    word        text COLLATE "C" NOT NULL,
    synonym     text NOT NULL,
    PRIMARY KEY (word, synonym)
);

-- Searches that lead to a page of the shop. The words as search_words() writes them.
CREATE TABLE search_redirect (
    words       text COLLATE "C" PRIMARY KEY,
    path        text NOT NULL
);

-- Writes the rows of some products again.
CREATE FUNCTION search_product_refresh(ids uuid[]) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
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

-- The same for products that another table changed. They are locked, so that the row holds what a writer of the product commits.
CREATE FUNCTION search_product_refresh_locked(ids uuid[]) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM product p WHERE p.id = ANY(ids) ORDER BY p.id FOR NO KEY UPDATE;
    PERFORM search_product_refresh(ids);
END
$$;

CREATE FUNCTION search_product_inserted() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM search_product_refresh((SELECT array_agg(id) FROM changed WHERE status = 'active'));
    RETURN NULL;
END
$$;
CREATE TRIGGER search_product_inserted AFTER INSERT ON product REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION search_product_inserted();

CREATE FUNCTION search_product_updated() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM search_product_refresh((SELECT array_agg(c.id) FROM changed c JOIN former f USING (id)
        WHERE (c.name COLLATE "C", c.description, c.tags, c.brand, c.attributes, c.category_id, c.status, c.created_at)
            IS DISTINCT FROM (f.name COLLATE "C", f.description, f.tags, f.brand, f.attributes, f.category_id, f.status, f.created_at)));
    RETURN NULL;
END
$$;
CREATE TRIGGER search_product_updated AFTER UPDATE ON product REFERENCING OLD TABLE AS former NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION search_product_updated();

-- Options of variants are words of their product. Most variants have none; then their product needs no second look.
CREATE FUNCTION search_variant_inserted() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM search_product_refresh_locked((SELECT array_agg(DISTINCT product_id) FROM changed WHERE options <> '{}'));
    RETURN NULL;
END
$$;
CREATE TRIGGER search_variant_inserted AFTER INSERT ON variant REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION search_variant_inserted();

CREATE FUNCTION search_variant_updated() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM search_product_refresh_locked((SELECT array_agg(DISTINCT x.product_id) FROM (
        SELECT unnest(ARRAY[c.product_id, f.product_id]) AS product_id FROM changed c JOIN former f USING (id)
        WHERE (c.options, c.active, c.product_id) IS DISTINCT FROM (f.options, f.active, f.product_id)
            AND (c.options <> '{}' OR f.options <> '{}')) x));
    RETURN NULL;
END
$$;
CREATE TRIGGER search_variant_updated AFTER UPDATE ON variant REFERENCING OLD TABLE AS former NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION search_variant_updated();

CREATE FUNCTION search_variant_deleted() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM search_product_refresh_locked((SELECT array_agg(DISTINCT product_id) FROM former WHERE options <> '{}'));
    RETURN NULL;
END
$$;
CREATE TRIGGER search_variant_deleted AFTER DELETE ON variant REFERENCING OLD TABLE AS former
    FOR EACH STATEMENT EXECUTE FUNCTION search_variant_deleted();

-- The names of a category are words of all products in it and below it.
CREATE FUNCTION search_category_updated() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM search_product_refresh_locked((SELECT array_agg(p.id) FROM product p WHERE p.category_id IN (
        SELECT b.id FROM changed c JOIN former f USING (id) JOIN category b
            ON b.path = c.path OR (b.path > c.path || '/' AND b.path < c.path || '0')
        WHERE (c.name, c.parent_id) IS DISTINCT FROM (f.name, f.parent_id))));
    RETURN NULL;
END
$$;
CREATE TRIGGER search_category_updated AFTER UPDATE ON category REFERENCING OLD TABLE AS former NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION search_category_updated();

CREATE FUNCTION search_attribute_updated() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM search_product_refresh_locked((SELECT array_agg(p.id) FROM product p WHERE p.attributes <> '[]' AND EXISTS (
        SELECT FROM changed c JOIN former f USING (code)
        WHERE (c.searchable, c.name, c.unit) IS DISTINCT FROM (f.searchable, f.name, f.unit)
            AND p.attributes @> jsonb_build_array(jsonb_build_object('code', c.code)))));
    RETURN NULL;
END
$$;
CREATE TRIGGER search_attribute_updated AFTER UPDATE ON attribute REFERENCING OLD TABLE AS former NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION search_attribute_updated();

-- Writes the rows of all products again, 2,000 to a transaction: after the languages have changed.
CREATE PROCEDURE search_reindex() LANGUAGE plpgsql AS $$
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

-- Counts the words again.
CREATE FUNCTION search_words_count() RETURNS void LANGUAGE sql SET search_path = public, pg_temp AS $$
    -- The version before the words are read: what is written meanwhile is counted the next time.
    UPDATE search_setting SET counted = (SELECT version FROM catalog_version);
    DELETE FROM search_term;
    INSERT INTO search_term SELECT 'brand', left(search_words(b.brand), 200), left(b.brand, 200), '', sum(b.products)
    FROM (SELECT brand, count(*) AS products FROM product WHERE status = 'active' AND brand IS NOT NULL GROUP BY brand) b
    GROUP BY 2, 3;
    INSERT INTO search_term SELECT 'category', left(search_words(c.name), 200), left(c.name, 200), c.slug, count(p.id)
    FROM category c JOIN category b ON b.path = c.path OR (b.path > c.path || '/' AND b.path < c.path || '0')
    JOIN product p ON p.category_id = b.id AND p.status = 'active' GROUP BY 2, 3, 4;
    WITH spelled AS (
        SELECT DISTINCT unnest(string_to_array(name_key, ' ')) AS word FROM search_product
        UNION SELECT unnest(string_to_array(search_words(x.text), ' ')) FROM (
            SELECT brand AS text FROM product WHERE brand IS NOT NULL UNION SELECT unnest(tags) FROM product
            UNION SELECT name FROM category) x
    ), found AS MATERIALIZED (
        SELECT w.word, w.ndoc AS products, coalesce(n.ndoc, 0) AS names, s.word IS NOT NULL AS is_spelled
        FROM ts_stat('SELECT words FROM public.search_product') w
        LEFT JOIN ts_stat('SELECT name FROM public.search_product') n USING (word) LEFT JOIN spelled s USING (word)
    ), gone AS (
        DELETE FROM search_word x WHERE NOT EXISTS (SELECT FROM found f WHERE f.word = x.word)
    )
    INSERT INTO search_word AS x SELECT word, products, names, is_spelled FROM found
    ON CONFLICT (word) DO UPDATE SET products = EXCLUDED.products, names = EXCLUDED.names, is_spelled = EXCLUDED.is_spelled
    -- A small change of a large number changes nothing.
    WHERE x.is_spelled <> EXCLUDED.is_spelled OR abs(x.products - EXCLUDED.products) > x.products / 16
        OR abs(x.names - EXCLUDED.names) > x.names / 16
$$;

-- The forms of a word as a part of a query, and in about how many products one of them is. No part: it carries no meaning, as `the`.
CREATE FUNCTION search_token(token text, languages regconfig[], is_prefix boolean, OUT part text, OUT hits bigint)
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

-- The words of a synonym as a part of a query: all of them, without synonyms of their own.
CREATE FUNCTION search_terms(words text, languages regconfig[], OUT part text, OUT hits bigint)
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = public, pg_catalog, pg_temp AS $$
    SELECT '(' || nullif(string_agg('(' || nullif(x.forms, '') || ')', ' & '), '') || ')', 0::bigint
    FROM (SELECT (SELECT string_agg(DISTINCT quote_literal(f), ' | ')
        FROM unnest(tsvector_to_array(to_tsvector('simple', token)) || (
            SELECT coalesce(array_agg(s), '{}') FROM unnest(languages) l CROSS JOIN LATERAL unnest(tsvector_to_array(to_tsvector(l, token))) s)) f) AS forms
        FROM unnest(string_to_array(words, ' ')) token) x
$$;

-- What suggestions for the beginning of a search look for in names, and whether so many names have it that only the best sold and the
-- newest products are looked through.
CREATE FUNCTION search_beginning(t text, OUT words text, OUT query text, OUT is_common boolean)
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

-- What a search looks for. Each term begins with its kind: + a word, " a phrase, - a word that is excluded, ~ a phrase that is
-- excluded, | or.
CREATE FUNCTION search_plan(terms text[], OUT query text, OUT whole text, OUT is_common boolean, OUT is_common_name boolean,
    OUT skus uuid[], OUT sku_prefixes uuid[], OUT redirect text, OUT cleaned text[], OUT unknown_terms integer[], OUT unknown_words text[])
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = public, pg_catalog, pg_temp
-- PostgreSQL cannot tell how rare a word is, and one row is quickly found in a table that is full of them.
SET enable_seqscan = off AS $$
DECLARE
    languages regconfig[] := (SELECT search_configurations(s.languages) FROM search_setting s);
    kind text;
    words text;
    tokens text[];
    token record;
    plain text[] := '{}';
    is_plain boolean := true;
    groups text[] := '{}';
    parts text[] := '{}';
    excluded text[] := '{}';
    stops text[] := '{}';
    forms text[];
    language regconfig;
    hits bigint;
    total_hits bigint := 0;
    last_word integer := 0;
    is_known boolean;
    folded text;
BEGIN
    cleaned := '{}';
    unknown_terms := '{}';
    unknown_words := '{}';
    is_common := false;
    is_common_name := false;
    skus := '{}';
    sku_prefixes := '{}';
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
            IF cardinality(parts) = 0 THEN parts := stops; END IF;
            IF cardinality(parts) > 0 THEN
                groups := groups || ('(' || array_to_string(parts || excluded, ' & ') || ')');
                total_hits := total_hits + coalesce(hits, 0);
            END IF;
            parts := '{}';
            excluded := '{}';
            stops := '{}';
            hits := NULL;
            CONTINUE;
        END IF;
        CONTINUE WHEN words = '';
        tokens := (string_to_array(words, ' '))[1:32];
        forms := '{}';
        IF kind IN ('+', '"') THEN plain := plain || words; ELSE is_plain := false; END IF;
        IF kind IN ('"', '~') AND words !~ '[\u0E00-\u0E7F\u3005-\uD7AF\uF900-\uFAFF]' THEN
            forms := ARRAY['(' || phraseto_tsquery('simple', words)::text || ')'];
            FOREACH language IN ARRAY languages LOOP
                IF numnode(phraseto_tsquery(language, words)) > 0 THEN
                    forms := forms || ('(' || phraseto_tsquery(language, words)::text || ')');
                END IF;
            END LOOP;
            forms := ARRAY['(' || array_to_string(forms, ' | ') || ')'];
            hits := coalesce(hits, 0);
        ELSE
            FOR i IN 1..cardinality(tokens) LOOP
                token := search_token(tokens[i], languages, n = last_word AND i = cardinality(tokens));
                IF token.part IS NULL THEN
                    IF kind = '+' THEN stops := stops || (quote_literal(tokens[i]) || ':A'); END IF;
                    CONTINUE;
                END IF;
                forms := forms || token.part;
                CONTINUE WHEN kind <> '+';
                hits := least(hits, token.hits);
                IF token.hits = 0 AND char_length(tokens[i]) >= 4 AND tokens[i] !~ '[0-9\u0E00-\u0E7F\u3005-\uD7AF]' THEN
                    SELECT EXISTS (SELECT FROM search_product s WHERE s.words @@ token.part::tsquery) INTO is_known;
                    IF NOT is_known THEN
                        unknown_terms := unknown_terms || n;
                        unknown_words := unknown_words || tokens[i];
                    END IF;
                END IF;
            END LOOP;
        END IF;
        CONTINUE WHEN cardinality(forms) = 0;
        IF kind IN ('+', '"') THEN
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
    END IF;
END
$$;
