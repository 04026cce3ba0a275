-- no-transaction
DROP INDEX CONCURRENTLY IF EXISTS orders_unpaid_end;
