ALTER TABLE cart_ticket DROP COLUMN session_id;
