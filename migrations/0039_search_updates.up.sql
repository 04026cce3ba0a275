-- EXECUTE plans the join for the number of rows, as in product_depth_keep(). The plan that a session had kept from a statement that
-- wrote one product compared each row with each other one: 80 s for 10,000 products.

CREATE OR REPLACE FUNCTION search_product_updated() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    ids uuid[];
BEGIN
    EXECUTE 'SELECT array_agg(c.id) FROM changed c JOIN former f USING (id)
        WHERE (c.name COLLATE "C", c.description, c.tags, c.brand, c.attributes, c.facets, c.category_id, c.status, c.created_at)
            IS DISTINCT FROM (f.name COLLATE "C", f.description, f.tags, f.brand, f.attributes, f.facets, f.category_id, f.status, f.created_at)'
        INTO ids;
    PERFORM search_product_refresh(ids);
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION search_variant_updated() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    ids uuid[];
BEGIN
    EXECUTE 'SELECT array_agg(DISTINCT x.product_id) FROM (
        SELECT unnest(ARRAY[c.product_id, f.product_id]) AS product_id FROM changed c JOIN former f USING (id)
        WHERE (c.options, c.active, c.product_id) IS DISTINCT FROM (f.options, f.active, f.product_id)
            AND (c.options <> ''{}'' OR f.options <> ''{}'')) x' INTO ids;
    PERFORM search_product_refresh_locked(ids);
    RETURN NULL;
END
$$;
