-- Carts. Reached with a secret token of which only the hash is kept.

CREATE TABLE cart (
    id          uuid PRIMARY KEY,
    token_hash  bytea NOT NULL,
    -- One more with every write; what If-Match compares.
    version     bigint NOT NULL DEFAULT 1,
    status      text NOT NULL DEFAULT 'active'
                CONSTRAINT cart_status_check CHECK (status IN ('active', 'converted', 'merged', 'expired')),
    currency    text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL
) WITH (fillfactor = 80);

-- For the sweep of carts that nobody came back for.
CREATE INDEX cart_expiry ON cart (expires_at) WHERE status = 'active';

CREATE TABLE cart_item (
    cart_id     uuid NOT NULL CONSTRAINT cart_item_cart_fk REFERENCES cart (id) ON DELETE CASCADE,
    variant_id  uuid NOT NULL CONSTRAINT cart_item_variant_fk REFERENCES variant (id) ON DELETE CASCADE,
    quantity    integer NOT NULL CONSTRAINT cart_item_quantity_check CHECK (quantity BETWEEN 1 AND 999),
    -- What it cost when the shopper last touched the line; shown as an adjustment where the price moved since.
    unit_price  bigint NOT NULL,
    added_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (cart_id, variant_id)
) WITH (fillfactor = 80);

-- For the foreign key: a variant that is deleted must find its lines.
CREATE INDEX cart_item_variant ON cart_item (variant_id);
