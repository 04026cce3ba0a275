-- no-transaction
-- The same inside one category.
CREATE INDEX CONCURRENTLY IF NOT EXISTS product_category_by_currency_price ON product (category_id, currency, price, id) WHERE status = 'active';
