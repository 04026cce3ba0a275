-- no-transaction
-- Carts of customers in the order of their last change, for the job that makes the events cart.abandoned.
CREATE INDEX CONCURRENTLY IF NOT EXISTS cart_idle ON cart (updated_at)
    WHERE status = 'active' AND octet_length(token_hash) = 24 AND is_abandoned IS NULL;
