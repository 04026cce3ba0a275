-- Orders, what they hold of the stock, and the answers kept for repeated requests.

CREATE TABLE orders (
    id                uuid PRIMARY KEY,
    -- What a shopper reads out on the phone: random, so that it tells nothing and can't be guessed.
    number            text NOT NULL CONSTRAINT orders_number_key UNIQUE,
    -- One cart is one order.
    cart_id           uuid CONSTRAINT orders_cart_key UNIQUE,
    status            text NOT NULL DEFAULT 'pending_payment'
                      CONSTRAINT orders_status_check CHECK (status IN
                          ('pending_payment', 'confirmed', 'processing', 'shipped', 'delivered', 'cancelled', 'expired')),
    payment_status    text NOT NULL DEFAULT 'unpaid'
                      CONSTRAINT orders_payment_status_check CHECK (payment_status IN
                          ('unpaid', 'authorized', 'captured', 'failed', 'voided', 'partially_refunded', 'refunded')),
    email             text NOT NULL,
    currency          text NOT NULL,
    subtotal          bigint NOT NULL CHECK (subtotal >= 0),
    discount          bigint NOT NULL DEFAULT 0 CHECK (discount >= 0),
    tax               bigint NOT NULL DEFAULT 0 CHECK (tax >= 0),
    shipping          bigint NOT NULL DEFAULT 0 CHECK (shipping >= 0),
    total             bigint NOT NULL CHECK (total >= 0),
    shipping_address  jsonb NOT NULL,
    access_token_hash bytea NOT NULL,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT orders_sum_check CHECK (subtotal - discount + tax + shipping = total)
) WITH (fillfactor = 90);

-- A snapshot: what was bought, as it was called and priced then. No key into the catalogue, which may
-- change or drop the variant later without a trace here.
CREATE TABLE order_line (
    order_id    uuid NOT NULL CONSTRAINT order_line_order_fk REFERENCES orders (id) ON DELETE CASCADE,
    position    integer NOT NULL,
    variant_id  uuid NOT NULL,
    product_id  uuid NOT NULL,
    sku         text NOT NULL,
    name        text NOT NULL,
    options     jsonb NOT NULL,
    image       text,
    quantity    integer NOT NULL CHECK (quantity > 0),
    unit_price  bigint NOT NULL CHECK (unit_price >= 0),
    discount    bigint NOT NULL DEFAULT 0,
    tax         bigint NOT NULL DEFAULT 0,
    line_total  bigint NOT NULL,
    PRIMARY KEY (order_id, position),
    CONSTRAINT order_line_sum_check CHECK (line_total = unit_price * quantity)
);

CREATE TABLE order_history (
    order_id    uuid NOT NULL CONSTRAINT order_history_order_fk REFERENCES orders (id) ON DELETE CASCADE,
    position    integer NOT NULL,
    status      text NOT NULL,
    reason      text,
    at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (order_id, position)
);

-- What an order holds of the stock: its lines' quantities, as long as it is 'held'. Released or captured
-- by whoever moves it out of 'held', and so exactly once.
CREATE TABLE reservation (
    order_id    uuid PRIMARY KEY CONSTRAINT reservation_order_fk REFERENCES orders (id) ON DELETE CASCADE,
    state       text NOT NULL DEFAULT 'held'
                CONSTRAINT reservation_state_check CHECK (state IN ('held', 'released', 'captured')),
    expires_at  timestamptz NOT NULL
) WITH (fillfactor = 80);

CREATE INDEX reservation_expiry ON reservation (expires_at) WHERE state = 'held';

-- The answer to a request that took effect, in the same transaction as the effect.
CREATE TABLE idempotency (
    -- SHA-256 of principal, method, path and key.
    id           bytea PRIMARY KEY,
    -- SHA-256 of the request's body: the same key with another body is a mistake.
    request_hash bytea NOT NULL,
    status       integer NOT NULL,
    location     text NOT NULL,
    body         bytea NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX idempotency_age ON idempotency (created_at);
