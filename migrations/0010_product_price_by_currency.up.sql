-- no-transaction
-- Prices are compared inside one currency. What the release before sorts by, product_by_price, stays until none runs any more.
CREATE INDEX CONCURRENTLY IF NOT EXISTS product_by_currency_price ON product (currency, price, id) WHERE status = 'active';
