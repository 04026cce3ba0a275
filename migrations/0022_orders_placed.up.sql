-- no-transaction
-- Orders in the order of their placing, for the job that counts purchases.
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_placed ON orders (created_at, id);
