-- no-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS variant_folded_sku ON variant (search_sku(sku) COLLATE "C") WHERE active;
