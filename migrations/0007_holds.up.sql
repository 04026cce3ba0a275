-- Bounds on what is held and not paid for, and what retention needs.

-- The most that an order can have of a variant. All rows have the default, so there is nothing to check: NOT VALID saves
-- reading the table under this lock.
ALTER TABLE variant
    ADD COLUMN max_quantity integer NOT NULL DEFAULT 999,
    ADD CONSTRAINT variant_max_quantity_check CHECK (max_quantity BETWEEN 1 AND 999) NOT VALID;

-- Who holds stock, as long as it is held and not paid for. Keyed hashes, never the address: they are of use to count with,
-- and gone with the hold. The release before neither writes nor deletes these rows, so they count together with a
-- reservation that is 'held' only.
CREATE TABLE order_hold (
    order_id    uuid PRIMARY KEY CONSTRAINT order_hold_order_fk REFERENCES orders (id) ON DELETE CASCADE,
    client_hash bytea NOT NULL,
    email_hash  bytea NOT NULL,
    -- The sum of the lines' quantities.
    units       integer NOT NULL CONSTRAINT order_hold_units_check CHECK (units > 0)
);

CREATE INDEX order_hold_client ON order_hold (client_hash);
CREATE INDEX order_hold_email ON order_hold (email_hash);

-- What movements summed up to that were dropped for their age. A variant's ledger is this and its movements.
CREATE TABLE stock_balance (
    variant_id  uuid PRIMARY KEY,
    on_hand     bigint NOT NULL,
    reserved    bigint NOT NULL,
    -- When the latest of them was made.
    through     timestamptz NOT NULL
);

-- When the person's fields were blanked.
ALTER TABLE orders ADD COLUMN erased_at timestamptz;
