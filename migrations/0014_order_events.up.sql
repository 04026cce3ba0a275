-- What orders need for events and mails.

ALTER TABLE orders
    -- The sequence of the order's last event. 0 where it had none, as for orders of the release before.
    ADD COLUMN event_sequence integer NOT NULL DEFAULT 0,
    -- The language of the shopper, as in `de`.
    ADD COLUMN locale text;

-- Further tokens that give access to an order: each mail has a link with one of its own.
CREATE TABLE order_token (
    token_hash      bytea PRIMARY KEY,
    order_id        uuid NOT NULL CONSTRAINT order_token_order_fk REFERENCES orders (id) ON DELETE CASCADE,
    created_at      timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX order_token_order ON order_token (order_id);
