-- no-transaction
DROP INDEX CONCURRENTLY IF EXISTS variant_by_price;
DROP INDEX CONCURRENTLY IF EXISTS product_by_price_range;
DROP INDEX CONCURRENTLY IF EXISTS product_category_by_least_price;
DROP INDEX CONCURRENTLY IF EXISTS product_by_least_price;
