-- People who come with the tokens of another issuer (OpenID Connect), and what ends them.

CREATE TABLE external_identity (
    id              uuid PRIMARY KEY,
    -- Both as the tokens have them, byte by byte. Never an e-mail address.
    issuer          text COLLATE "C" NOT NULL,
    subject         text COLLATE "C" NOT NULL,
    account_id      uuid NOT NULL CONSTRAINT external_identity_account_fk REFERENCES account (id) ON DELETE CASCADE,
    -- What stands for a session while tokens are accepted. Ending it makes another one, so that later tokens are not taken for ended.
    session_id      uuid NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    -- Tokens that were issued until then are no longer accepted.
    ended_at        timestamptz,
    CONSTRAINT external_identity_subject UNIQUE (issuer, subject)
);
CREATE INDEX external_identity_account ON external_identity (account_id);
CREATE UNIQUE INDEX external_identity_session ON external_identity (session_id);

-- An issuer may prove no address. The release before does not read such accounts: they have no sessions of the shop.
ALTER TABLE account ALTER COLUMN email DROP NOT NULL, ALTER COLUMN email_key DROP NOT NULL;

-- Whose account was deleted: tokens that the issuer has given out until then make no new one. A hash, since the person is to be
-- forgotten.
CREATE TABLE external_identity_end (
    identity_hash   bytea PRIMARY KEY,
    ended_at        timestamptz NOT NULL
);
CREATE INDEX external_identity_end_at ON external_identity_end (ended_at);

-- Access tokens of an account end when it is disabled, and when its role changes, however that is done. So do the sessions of an
-- account that is disabled.
CREATE FUNCTION account_tokens_end() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.disabled_at IS DISTINCT FROM OLD.disabled_at OR NEW.role IS DISTINCT FROM OLD.role THEN
        NEW.epoch := greatest(NEW.epoch, OLD.epoch + 1);
    END IF;
    IF NEW.disabled_at IS NOT NULL AND OLD.disabled_at IS NULL THEN
        DELETE FROM account_session WHERE account_id = NEW.id;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER account_tokens_end BEFORE UPDATE OF disabled_at, role ON account
    FOR EACH ROW EXECUTE FUNCTION account_tokens_end();

-- Tasks read the last minute of the list, so the entry is made as the transaction commits.
CREATE FUNCTION account_tokens_ended() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO session_end (account_id, epoch) VALUES (NEW.id, NEW.epoch);
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER account_tokens_ended AFTER UPDATE OF disabled_at, role ON account DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.disabled_at IS DISTINCT FROM OLD.disabled_at OR NEW.role IS DISTINCT FROM OLD.role)
    EXECUTE FUNCTION account_tokens_ended();
