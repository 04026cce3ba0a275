-- Kept answers are sealed from here on: they hold an order's access token, of which the order keeps only a hash.
--
-- The release before writes and reads `body`; what it wrote is replayed from there. It cannot open `sealed`: for a row that
-- has only that, it answers 500 and places nothing, and the same request succeeds at a task of this release.

ALTER TABLE idempotency
    -- Layout, nonce, ciphertext, tag: AES-256-GCM under a key that needs the caller's Idempotency-Key, too.
    ADD COLUMN sealed bytea,
    ALTER COLUMN body DROP NOT NULL,
    ADD CONSTRAINT idempotency_answer_check CHECK ((body IS NULL) <> (sealed IS NULL)) NOT VALID;
