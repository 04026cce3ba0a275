-- What ends with an account's session, and what a customer's cart has still to tell.

-- The session of the customer who got the ticket: a stream that it opens ends with that session. Null for a guest's cart.
ALTER TABLE cart_ticket ADD COLUMN session_id uuid;

-- Of a customer's cart: null until it has not changed for a while, then whether the event cart.abandoned was made. False where the
-- cart was empty at that time: a change of the cart makes it null again. True stays.
ALTER TABLE cart ADD COLUMN is_abandoned boolean;

-- The service may now blank orders that were paid, too, once they have ended. It still cannot delete them, nor blank one that is under
-- way and needs its address.
CREATE OR REPLACE FUNCTION orders_keep() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID)
        OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        -- People, with the owner's login, and where one login does all.
        NULL;
    ELSIF OLD.payment_status = 'unpaid' AND OLD.status IN ('expired', 'cancelled') THEN
        NULL;
    ELSIF TG_OP = 'UPDATE' AND OLD.email = NEW.email AND OLD.shipping_address = NEW.shipping_address
        AND (NEW.payment_status <> 'unpaid' OR OLD.payment_status = 'unpaid') THEN
        NULL;
    ELSIF TG_OP = 'UPDATE' AND OLD.status IN ('delivered', 'cancelled', 'expired') AND NEW.status = OLD.status
        AND NEW.payment_status = OLD.payment_status AND NEW.email = '' AND NEW.erased_at IS NOT NULL
        AND NEW.shipping_address = jsonb_strip_nulls(jsonb_build_object('country', OLD.shipping_address -> 'country')) THEN
        -- A person deletes the own account: the order has ended, and keeps all that the books need.
        NULL;
    ELSE
        RAISE EXCEPTION 'order % is kept: only what ended unpaid may be blanked or removed', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
