-- no-transaction
-- The signs of filters stay among the words: no search looks for them.
SELECT 1;
