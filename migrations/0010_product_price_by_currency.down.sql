-- no-transaction
DROP INDEX CONCURRENTLY IF EXISTS product_by_currency_price;
