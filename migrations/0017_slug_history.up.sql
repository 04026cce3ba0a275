-- The slugs that products and categories had before. A request for one of them is redirected to the present slug.
--
-- Triggers write them, so that also the release before and statements by hand leave no dead link. A slug that is in use belongs to
-- the product or category that has it, whatever its history; of several that had it, the last one counts.

CREATE TABLE product_slug (
    slug        text PRIMARY KEY,
    product_id  uuid NOT NULL CONSTRAINT product_slug_product_fk REFERENCES product (id) ON DELETE CASCADE,
    retired_at  timestamptz NOT NULL DEFAULT now()
);

-- For the foreign key: a product that is deleted must find its slugs.
CREATE INDEX product_slug_product ON product_slug (product_id);

CREATE TABLE category_slug (
    slug        text PRIMARY KEY,
    category_id uuid NOT NULL CONSTRAINT category_slug_category_fk REFERENCES category (id) ON DELETE CASCADE,
    retired_at  timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX category_slug_category ON category_slug (category_id);

CREATE FUNCTION product_slug_retire() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO product_slug (slug, product_id) VALUES (OLD.slug, OLD.id)
    ON CONFLICT (slug) DO UPDATE SET product_id = EXCLUDED.product_id, retired_at = EXCLUDED.retired_at;
    RETURN NULL;
END
$$;

CREATE FUNCTION category_slug_retire() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO category_slug (slug, category_id) VALUES (OLD.slug, OLD.id)
    ON CONFLICT (slug) DO UPDATE SET category_id = EXCLUDED.category_id, retired_at = EXCLUDED.retired_at;
    RETURN NULL;
END
$$;

-- An import that swaps slugs sets placeholders first, which begin with a tilde, as no slug does.
CREATE TRIGGER product_slug_retire AFTER UPDATE OF slug ON product
    FOR EACH ROW WHEN (OLD.slug <> NEW.slug AND OLD.slug NOT LIKE '~%') EXECUTE FUNCTION product_slug_retire();

CREATE TRIGGER category_slug_retire AFTER UPDATE OF slug ON category
    FOR EACH ROW WHEN (OLD.slug <> NEW.slug) EXECUTE FUNCTION category_slug_retire();
