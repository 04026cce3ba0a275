-- no-transaction
-- For the sweeps of orders that were never paid: their persons first, the orders later on.
CREATE INDEX CONCURRENTLY orders_unpaid_end ON orders (erased_at, updated_at)
    WHERE payment_status = 'unpaid' AND status IN ('expired', 'cancelled');
