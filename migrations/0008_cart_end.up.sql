-- no-transaction
-- For the sweep of carts that came to their end long ago.
CREATE INDEX CONCURRENTLY cart_end ON cart (updated_at) WHERE status <> 'active';
