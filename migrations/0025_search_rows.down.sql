-- no-transaction
TRUNCATE search_product, search_word;
