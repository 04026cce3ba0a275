-- Apart from the step before: this reads the whole table, and takes a lock that lets others write meanwhile.
ALTER TABLE idempotency VALIDATE CONSTRAINT idempotency_answer_check;
