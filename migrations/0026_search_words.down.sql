-- Counts the words again.
CREATE OR REPLACE FUNCTION search_words_count() RETURNS void LANGUAGE sql SET search_path = public, pg_temp AS $$
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
