DROP TABLE order_token;
ALTER TABLE orders DROP COLUMN locale, DROP COLUMN event_sequence;
