ALTER TABLE stock DROP COLUMN low_stock, DROP COLUMN event_sequence;
