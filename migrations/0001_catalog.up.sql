-- The catalogue: categories, products, their variants, and the stock of each variant.
-- Ids are UUIDv7, made by the service. Money is integer minor units.

CREATE TABLE category (
    id          uuid PRIMARY KEY,
    parent_id   uuid CONSTRAINT category_parent_fk REFERENCES category (id),
    slug        text NOT NULL CONSTRAINT category_slug_key UNIQUE,
    name        text NOT NULL,
    -- Slugs from the root down, "home/kitchen": a subtree is one prefix.
    path        text COLLATE "C" NOT NULL CONSTRAINT category_path_key UNIQUE,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE product (
    id          uuid PRIMARY KEY,
    -- What an import calls it.
    external_id text CONSTRAINT product_external_id_key UNIQUE,
    slug        text NOT NULL CONSTRAINT product_slug_key UNIQUE,
    -- In the order people sort names, whatever the locale of the server.
    name        text COLLATE "und-x-icu" NOT NULL,
    description text NOT NULL DEFAULT '',
    category_id uuid CONSTRAINT product_category_fk REFERENCES category (id),
    tags        text[] NOT NULL DEFAULT '{}',
    -- [{"url": …, "alt": …}]
    images      jsonb NOT NULL DEFAULT '[]',
    currency    text NOT NULL CONSTRAINT product_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
    -- That of the default variant, kept here because lists sort and filter by it.
    price       bigint NOT NULL CONSTRAINT product_price_check CHECK (price BETWEEN 0 AND 1000000000000),
    status      text NOT NULL DEFAULT 'active'
                CONSTRAINT product_status_check CHECK (status IN ('draft', 'active', 'archived')),
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    -- Name before tags before description. Kept by the trigger below, since array_to_string is not
    -- immutable and so has no place in a generated column.
    search      tsvector NOT NULL DEFAULT ''
);

CREATE FUNCTION product_search_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.search := setweight(to_tsvector('english', NEW.name), 'A')
        || setweight(to_tsvector('english', array_to_string(NEW.tags, ' ')), 'B')
        || setweight(to_tsvector('english', NEW.description), 'C');
    RETURN NEW;
END
$$;

CREATE TRIGGER product_search BEFORE INSERT OR UPDATE OF name, tags, description ON product
    FOR EACH ROW EXECUTE FUNCTION product_search_update();

-- Every list is a keyset walk along one of these, over all products or inside one category.
CREATE INDEX product_newest ON product (created_at DESC, id DESC) WHERE status = 'active';
CREATE INDEX product_by_price ON product (price, id) WHERE status = 'active';
CREATE INDEX product_by_name ON product (name, id) WHERE status = 'active';
CREATE INDEX product_category_newest ON product (category_id, created_at DESC, id DESC) WHERE status = 'active';
CREATE INDEX product_category_by_price ON product (category_id, price, id) WHERE status = 'active';
CREATE INDEX product_category_by_name ON product (category_id, name, id) WHERE status = 'active';
CREATE INDEX product_search ON product USING gin (search) WHERE status = 'active';

CREATE TABLE variant (
    id          uuid PRIMARY KEY,
    product_id  uuid NOT NULL CONSTRAINT variant_product_fk REFERENCES product (id) ON DELETE CASCADE,
    sku         text NOT NULL CONSTRAINT variant_sku_key UNIQUE,
    name        text NOT NULL,
    -- {"size": "M", "colour": "red"}
    options     jsonb NOT NULL DEFAULT '{}',
    -- At the most so much that 100 lines of 999 still add up to an amount.
    price       bigint NOT NULL CONSTRAINT variant_price_check CHECK (price BETWEEN 0 AND 1000000000000),
    -- 0 is the default variant.
    position    integer NOT NULL DEFAULT 0,
    active      boolean NOT NULL DEFAULT true
);

CREATE INDEX variant_product ON variant (product_id, position);

-- What there is and what of it is promised to orders. Its own table: it changes with every order, and
-- narrow rows with room to spare keep those updates on their page (HOT).
CREATE TABLE stock (
    variant_id  uuid PRIMARY KEY CONSTRAINT stock_variant_fk REFERENCES variant (id),
    on_hand     integer NOT NULL DEFAULT 0,
    reserved    integer NOT NULL DEFAULT 0,
    -- The number last imported: the same file again brings back nothing that was sold since.
    imported    integer,
    CONSTRAINT stock_never_oversold CHECK (0 <= reserved AND reserved <= on_hand)
) WITH (fillfactor = 50);

-- The ledger: on_hand and reserved are the sums of its columns, always.
CREATE TABLE stock_movement (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    variant_id  uuid NOT NULL,
    order_id    uuid,
    on_hand     integer NOT NULL,
    reserved    integer NOT NULL,
    reason      text NOT NULL
                CONSTRAINT stock_movement_reason_check
                CHECK (reason IN ('import', 'adjustment', 'reserve', 'release', 'capture', 'restock')),
    at          timestamptz NOT NULL DEFAULT now()
);

-- Counts the catalogue's writes. Cache keys carry it, so that a write makes all older entries unreachable.
CREATE TABLE catalog_version (
    singleton   boolean PRIMARY KEY DEFAULT true CONSTRAINT catalog_version_singleton CHECK (singleton),
    version     bigint NOT NULL
);
-- Begins at the time, so that two databases that share a Redis do not share keys.
INSERT INTO catalog_version (version) VALUES ((extract(epoch FROM clock_timestamp()) * 1000)::bigint);
