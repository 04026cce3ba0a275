-- no-transaction
-- First the facets, then their index: the other way round each product would be written into it by itself.
CALL product_depth_fill();
CREATE INDEX CONCURRENTLY IF NOT EXISTS product_facets ON product USING gin (facets) WHERE status = 'active';
