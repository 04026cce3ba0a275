-- What the service's login cannot do by itself, where it is not the tables' owner: forge the ledger, remove what was paid.

-- An order that was paid stays as it is, whoever's password got out. Only what ended unpaid may be blanked and removed, and
-- nothing paid becomes unpaid to get there. Fires on no statement that places, pays or closes an order but the payment's own.
CREATE FUNCTION orders_keep() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
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
    ELSE
        RAISE EXCEPTION 'order % is kept: only what ended unpaid may be blanked or removed', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;

CREATE TRIGGER orders_keep BEFORE DELETE OR UPDATE OF payment_status, email, shipping_address ON orders
    FOR EACH ROW EXECUTE FUNCTION orders_keep();

-- Replaces the oldest movements of stock by their sums: of the `batch` oldest those made before `cutoff`. It acts as its owner,
-- since the service may add to the ledger and nothing else; what it does changes no sum.
CREATE FUNCTION stock_movement_sum_up(cutoff timestamptz, batch integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    summed bigint;
BEGIN
    WITH old AS MATERIALIZED (
        SELECT id FROM stock_movement WHERE id <= (SELECT min(id) FROM stock_movement) + batch - 1 AND at < cutoff
    ), moved AS (
        DELETE FROM stock_movement USING old WHERE stock_movement.id = old.id
        RETURNING variant_id, stock_movement.on_hand, stock_movement.reserved, at
    ), kept AS (
        INSERT INTO stock_balance AS b (variant_id, on_hand, reserved, through)
        SELECT variant_id, sum(on_hand), sum(reserved), max(at) FROM moved GROUP BY variant_id ORDER BY variant_id
        ON CONFLICT (variant_id) DO UPDATE SET on_hand = b.on_hand + EXCLUDED.on_hand,
            reserved = b.reserved + EXCLUDED.reserved, through = greatest(b.through, EXCLUDED.through)
    )
    SELECT count(*) INTO summed FROM moved;
    RETURN summed;
END
$$;
REVOKE EXECUTE ON FUNCTION stock_movement_sum_up(timestamptz, integer) FROM PUBLIC;
