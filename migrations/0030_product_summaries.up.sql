-- no-transaction
CALL product_summary_fill();
