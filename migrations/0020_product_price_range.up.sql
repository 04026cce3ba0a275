-- no-transaction
-- Lists by price go by the least price of a product. What the release before sorts by, product_by_currency_price and
-- product_category_by_currency_price, stays until none runs any more.
CREATE INDEX CONCURRENTLY IF NOT EXISTS product_by_least_price ON product (currency, price_min, id) WHERE status = 'active';
CREATE INDEX CONCURRENTLY IF NOT EXISTS product_category_by_least_price ON product (category_id, currency, price_min, id)
    WHERE status = 'active';
-- Products whose variants differ in price: a list above a price may have some whose least price is below it.
CREATE INDEX CONCURRENTLY IF NOT EXISTS product_by_price_range ON product (currency, price_min, price_max, id)
    WHERE status = 'active' AND price_min < price_max;
-- A range of prices that few variants are in.
CREATE INDEX CONCURRENTLY IF NOT EXISTS variant_by_price ON variant (price, product_id) WHERE active;
