-- The session of the customer who has got the ticket: the stream that it opens ends with that session. Null for a guest's.
ALTER TABLE cart_ticket ADD COLUMN session_id uuid;
