-- The sequence of the product's last event.
ALTER TABLE product ADD COLUMN event_sequence integer NOT NULL DEFAULT 0;
