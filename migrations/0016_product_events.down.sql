ALTER TABLE product DROP COLUMN event_sequence;
