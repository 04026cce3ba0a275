-- People with an account: customers and the shop's staff, their sessions and addresses, and the mails that prove a mailbox.

CREATE TABLE account (
    id              uuid PRIMARY KEY,
    -- As the person wrote it. A row is made only after a mail to this address was answered, or by the shop's operator.
    email           text NOT NULL,
    -- The address in NFC and in lower case as far as it is ASCII: one account for each.
    email_key       text COLLATE "C" NOT NULL CONSTRAINT account_email UNIQUE,
    name            text,
    -- See Sources/Platform/Passwords; null for an account that is opened by mailed links only.
    password_hash   text,
    -- Null for a customer.
    role            text CONSTRAINT account_role_check CHECK (role IN ('owner', 'manager', 'support', 'warehouse')),
    -- The language of mails, as in `de`.
    locale          text,
    -- Grows when all access tokens end at once. A token has the epoch in which it was issued.
    epoch           integer NOT NULL DEFAULT 0,
    disabled_at     timestamptz,
    -- The sequence of the account's last event.
    event_sequence  integer NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 90);

-- From a sign-in until its end. All refresh tokens that follow from one sign-in belong to it.
CREATE TABLE account_session (
    id              uuid PRIMARY KEY,
    account_id      uuid NOT NULL CONSTRAINT account_session_account_fk REFERENCES account (id) ON DELETE CASCADE,
    -- The hash of the part that all its refresh tokens share. Another token with this part was used before, or is forged.
    family_hash     bytea NOT NULL CONSTRAINT account_session_family UNIQUE,
    -- The browser or app, as it calls itself, for the person to recognize it.
    device          text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    used_at         timestamptz NOT NULL DEFAULT now(),
    expires_at      timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX account_session_account ON account_session (account_id, created_at);
CREATE INDEX account_session_expiry ON account_session (expires_at);

-- The refresh tokens of a session that can be used, and for ten seconds those that were.
CREATE TABLE refresh_token (
    token_hash      bytea PRIMARY KEY,
    session_id      uuid NOT NULL CONSTRAINT refresh_token_session_fk REFERENCES account_session (id) ON DELETE CASCADE,
    created_at      timestamptz NOT NULL DEFAULT now(),
    used_at         timestamptz,
    -- Whether it was used twice within ten seconds, by a client whose first response was lost.
    is_repeated     boolean NOT NULL DEFAULT false
);
CREATE INDEX refresh_token_session ON refresh_token (session_id, created_at);

-- Sessions, or all sessions of an account, whose access tokens end before they expire. Every task reads it each second. A row is
-- deleted when no token that it is about can be valid any more.
CREATE TABLE session_end (
    account_id      uuid NOT NULL,
    -- Null for all sessions with an earlier epoch.
    session_id      uuid,
    epoch           integer,
    -- Not now(): the time at which the transaction began may be long past.
    at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT session_end_kind_check CHECK ((session_id IS NULL) <> (epoch IS NULL))
);
CREATE INDEX session_end_at ON session_end (at);

CREATE TABLE account_address (
    id                  uuid PRIMARY KEY,
    account_id          uuid NOT NULL CONSTRAINT account_address_account_fk REFERENCES account (id) ON DELETE CASCADE,
    address             jsonb NOT NULL,
    is_default_shipping boolean NOT NULL DEFAULT false,
    is_default_billing  boolean NOT NULL DEFAULT false,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX account_address_account ON account_address (account_id, created_at, id);
CREATE UNIQUE INDEX account_address_shipping ON account_address (account_id) WHERE is_default_shipping;
CREATE UNIQUE INDEX account_address_billing ON account_address (account_id) WHERE is_default_billing;

-- What someone has asked for with an e-mail address that is not proven yet. The mail about it has a link with a token.
CREATE TABLE account_request (
    id              uuid PRIMARY KEY,
    kind            text NOT NULL CONSTRAINT account_request_kind_check CHECK (kind IN
                        ('registration', 'password_reset', 'sign_in_link', 'email_change', 'order_link', 'notice')),
    email           text NOT NULL,
    email_key       text COLLATE "C" NOT NULL,
    -- Of a registration.
    name            text,
    password_hash   text,
    -- Of a change of the address, and of a notice to a person.
    account_id      uuid CONSTRAINT account_request_account_fk REFERENCES account (id) ON DELETE CASCADE,
    -- Of a look-up of an order: as it was typed, and not yet known to be one.
    order_number    text,
    locale          text,
    -- Of a change of the address: whether the present and the new mailbox have answered.
    is_old_proven   boolean NOT NULL DEFAULT false,
    is_new_proven   boolean NOT NULL DEFAULT false,
    created_at      timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 90);
CREATE INDEX account_request_email ON account_request (email_key);
CREATE INDEX account_request_account ON account_request (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX account_request_age ON account_request (created_at);

-- The tokens of the links in mails. Each attempt to send a mail makes one of its own; they all end when one is used.
CREATE TABLE account_token (
    token_hash      bytea PRIMARY KEY,
    request_id      uuid NOT NULL CONSTRAINT account_token_request_fk REFERENCES account_request (id) ON DELETE CASCADE,
    -- Whether the mail went to the account's present address, where the request has two.
    is_old          boolean NOT NULL DEFAULT false,
    expires_at      timestamptz NOT NULL
);
CREATE INDEX account_token_request ON account_token (request_id);

-- Failed sign-ins, by address and client, and by address alone (with an empty client). Also for addresses without an account.
CREATE TABLE sign_in_failure (
    email_hash      bytea NOT NULL,
    client_hash     bytea NOT NULL,
    failures        integer NOT NULL,
    failed_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (email_hash, client_hash)
) WITH (fillfactor = 70);
CREATE INDEX sign_in_failure_age ON sign_in_failure (failed_at);

-- The clients from which a person has signed in before, as hashes.
CREATE TABLE account_client (
    account_id      uuid NOT NULL CONSTRAINT account_client_account_fk REFERENCES account (id) ON DELETE CASCADE,
    client_hash     bytea NOT NULL,
    seen_at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, client_hash)
);

ALTER TABLE orders ADD COLUMN customer_id uuid;
