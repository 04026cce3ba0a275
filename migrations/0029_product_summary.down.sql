DROP PROCEDURE product_summary_fill(boolean);
DROP TRIGGER product_summary_category ON category;
DROP FUNCTION product_summary_category();
DROP TRIGGER product_summary_keep ON product;
DROP FUNCTION product_summary_keep();
DROP FUNCTION product_summary(product);
-- As 0018 made it.
CREATE OR REPLACE FUNCTION product_depth_refresh(ids uuid[]) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
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
ALTER TABLE product DROP COLUMN summary, DROP COLUMN variants;
