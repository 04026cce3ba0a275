-- no-transaction
-- The orders that guests have placed with an e-mail address, which their account gets once the address is proven.
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_guest ON orders (lower(email COLLATE "C")) WHERE customer_id IS NULL;
