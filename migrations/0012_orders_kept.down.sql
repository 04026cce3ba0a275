DROP FUNCTION stock_movement_sum_up(timestamptz, integer);
DROP TRIGGER orders_keep ON orders;
DROP FUNCTION orders_keep();
