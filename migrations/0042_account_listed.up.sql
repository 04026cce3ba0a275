-- no-transaction
-- The staff, and people who are disabled, in the order of their addresses, for commerce user list.
CREATE INDEX CONCURRENTLY IF NOT EXISTS account_listed ON account (email_key) WHERE role IS NOT NULL OR disabled_at IS NOT NULL;
