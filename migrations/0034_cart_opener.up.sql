-- no-transaction
-- Finds an active cart by its token, for a sign-in, and by its customer, whose carts have the account in place of a token's hash:
-- so a customer has one active cart.
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS cart_opener ON cart (token_hash) WHERE status = 'active';
