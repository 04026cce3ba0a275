-- no-transaction
CALL search_reindex();
