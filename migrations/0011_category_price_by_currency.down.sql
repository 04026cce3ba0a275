-- no-transaction
DROP INDEX CONCURRENTLY IF EXISTS product_category_by_currency_price;
