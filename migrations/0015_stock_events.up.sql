-- What stock needs for its events.

ALTER TABLE stock
    -- The sequence of the variant's last event.
    ADD COLUMN event_sequence integer NOT NULL DEFAULT 0,
    -- The event stock.low tells that so few or fewer are available. Null: the shop's default.
    ADD COLUMN low_stock integer,
    -- All rows have null, so there is nothing to check: NOT VALID saves reading the table under this lock.
    ADD CONSTRAINT stock_low_stock_check CHECK (low_stock >= 0) NOT VALID;
