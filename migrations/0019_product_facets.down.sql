-- no-transaction
DROP INDEX CONCURRENTLY IF EXISTS product_facets;
