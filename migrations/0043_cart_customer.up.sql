-- no-transaction
-- The carts of a customer, also those that have ended, for the export and the erasure of an account. A guest's has a hash of 32 bytes.
CREATE INDEX CONCURRENTLY IF NOT EXISTS cart_customer ON cart (token_hash, id) WHERE octet_length(token_hash) = 24;
