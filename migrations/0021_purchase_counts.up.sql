-- How often products were bought, alone and together: what recommendations are made of. One job keeps all of it.

-- How far the job has come. Its row is locked by each step, so that two workers never count at the same time.
CREATE TABLE purchase_cursor (
    singleton   boolean PRIMARY KEY DEFAULT true CONSTRAINT purchase_cursor_singleton CHECK (singleton),
    -- How many orders are counted.
    orders      bigint NOT NULL DEFAULT 0,
    -- The last order that was looked at, by the time at which it was placed.
    added_at    timestamptz NOT NULL DEFAULT '-infinity',
    added_id    uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    -- When the last order ended without payment that was looked at for that.
    ended_at    timestamptz NOT NULL DEFAULT '-infinity',
    -- The last counted order that was compared with its order.
    checked_id  uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'
) WITH (fillfactor = 20);
INSERT INTO purchase_cursor DEFAULT VALUES;

-- The orders that are counted, and what was counted of them: so that it can be taken back when an order is gone.
CREATE TABLE counted_order (
    order_id    uuid PRIMARY KEY,
    created_at  timestamptz NOT NULL,
    -- Whether its units are in product_sales.
    is_recent   boolean NOT NULL,
    -- Its different products in the order of its lines, and how many units of each.
    products    uuid[] NOT NULL,
    units       integer[] NOT NULL
);
CREATE INDEX counted_order_age ON counted_order (created_at);
CREATE INDEX counted_order_recent ON counted_order (created_at) WHERE is_recent;

-- In how many counted orders a product is.
CREATE TABLE purchase_count (
    product_id  uuid PRIMARY KEY,
    orders      integer NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX purchase_count_none ON purchase_count (product_id) WHERE orders = 0;

-- In how many counted orders two products are. Each pair has two rows, so that one range of an index has all of a product.
CREATE TABLE purchase_pair (
    product_id  uuid NOT NULL,
    other_id    uuid NOT NULL,
    orders      integer NOT NULL,
    PRIMARY KEY (product_id, other_id)
) WITH (fillfactor = 80);
-- Most pairs are in one order, and say nothing.
CREATE INDEX purchase_pair_frequent ON purchase_pair (product_id, orders DESC, other_id) WHERE orders > 1;
CREATE INDEX purchase_pair_none ON purchase_pair (product_id) WHERE orders = 0;

-- The table was made for the job above, and is empty until then.
CREATE INDEX product_sales_popular ON product_sales (sold DESC, product_id);
CREATE INDEX product_sales_none ON product_sales (product_id) WHERE sold = 0;
