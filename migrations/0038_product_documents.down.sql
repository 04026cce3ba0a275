-- no-transaction
-- The table goes with the migration before.
SELECT 1;
