-- Tickets that let one connection each listen to a cart; used up by being deleted.

CREATE TABLE cart_ticket (
    -- SHA-256 of the ticket: only the hash is kept.
    hash        bytea PRIMARY KEY,
    cart_id     uuid NOT NULL CONSTRAINT cart_ticket_cart_fk REFERENCES cart (id) ON DELETE CASCADE,
    expires_at  timestamptz NOT NULL
);

-- For the foreign key: a cart that is deleted must find its tickets.
CREATE INDEX cart_ticket_cart ON cart_ticket (cart_id);

-- For the sweep of those that nobody used.
CREATE INDEX cart_ticket_expiry ON cart_ticket (expires_at);
