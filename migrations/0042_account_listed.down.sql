-- no-transaction
DROP INDEX CONCURRENTLY IF EXISTS account_listed;
