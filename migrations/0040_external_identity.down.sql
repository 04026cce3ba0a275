DROP TRIGGER account_tokens_ended ON account;
DROP FUNCTION account_tokens_ended();
DROP TRIGGER account_tokens_end ON account;
DROP FUNCTION account_tokens_end();
DROP TABLE external_identity_end;
DROP TABLE external_identity;
-- Nothing opens them without their issuer.
DELETE FROM account WHERE email IS NULL;
ALTER TABLE account ALTER COLUMN email SET NOT NULL, ALTER COLUMN email_key SET NOT NULL;
