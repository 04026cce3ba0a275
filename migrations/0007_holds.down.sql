-- The balances become movements again, because the ledger needs their sums.
INSERT INTO stock_movement (variant_id, on_hand, reserved, reason, at)
    SELECT variant_id, on_hand::integer, reserved::integer, 'adjustment', through FROM stock_balance;
ALTER TABLE orders DROP COLUMN erased_at;
DROP TABLE stock_balance;
DROP TABLE order_hold;
ALTER TABLE variant DROP CONSTRAINT variant_max_quantity_check, DROP COLUMN max_quantity;
