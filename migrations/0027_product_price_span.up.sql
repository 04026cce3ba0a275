-- no-transaction
-- Products with a variant below a price and another one at or above it: few, and at any place in the order of the least prices.
CREATE INDEX CONCURRENTLY IF NOT EXISTS product_by_price_span ON product USING gist (int8range(price_min, price_max, '[]'))
    WHERE status = 'active' AND price_min < price_max;
