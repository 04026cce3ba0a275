-- Counting the words of a large catalogue: the same result as before, in a fraction of the time. The joins of sets whose size the
-- planner cannot know are gone; with them a hash table was made for billions of rows, which took up to 40 s for 10,000 products.
-- Products are counted for each category before their ancestors are looked up, and not the other way round.
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
