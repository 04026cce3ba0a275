DROP TABLE idempotency;
DROP TABLE reservation;
DROP TABLE order_history;
DROP TABLE order_line;
DROP TABLE orders;
