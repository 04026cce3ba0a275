-- no-transaction
DROP INDEX CONCURRENTLY IF EXISTS variant_folded_sku;
