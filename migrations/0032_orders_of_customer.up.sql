-- no-transaction
-- The orders of a customer, the newest first.
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_customer ON orders (customer_id, created_at DESC, id DESC) WHERE customer_id IS NOT NULL;
