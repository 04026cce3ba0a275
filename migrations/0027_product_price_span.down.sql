-- no-transaction
DROP INDEX CONCURRENTLY IF EXISTS product_by_price_span;
