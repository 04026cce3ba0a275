-- no-transaction
CALL product_document_fill();
