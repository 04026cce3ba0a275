-- Events that leave the shop after a commit, the targets that they are delivered to, and the work that is done later.

-- An event is inserted here in the transaction of its effect, and stays for a while, for replays. The relay reads the table in
-- the order of positions and writes nothing to it; a job deletes old events from its beginning.
CREATE TABLE outbox (
    -- The transaction that inserted it. This column comes first: its default gives the transaction an id before the position is
    -- taken from the sequence. The relay needs that to know when a position that it does not see will never appear.
    xid             xid8 NOT NULL DEFAULT pg_current_xact_id(),
    -- Taken while the transaction holds the lock of the aggregate's row: of two events of one aggregate, the later one has the
    -- higher position.
    position        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id              uuid NOT NULL,
    type            text NOT NULL,
    version         integer NOT NULL,
    aggregate_type  text NOT NULL,
    aggregate_id    uuid NOT NULL,
    -- 1, 2, 3, … for each aggregate.
    sequence        integer NOT NULL,
    -- JSON. Not of type jsonb, since receivers get the same bytes with each attempt, nor of type json, since PostgreSQL would parse it
    -- with each insertion: that is 3 % of the cost of an order.
    payload         text NOT NULL,
    -- The trace of the request that caused the event.
    trace_id        text,
    occurred_at     timestamptz NOT NULL DEFAULT now()
);

-- For the events of an aggregate. Not unique, since inserting must not fail; the audit checks it.
CREATE INDEX outbox_aggregate ON outbox (aggregate_id, sequence);
-- Ids and times grow with the table, so a small index of its blocks finds them, at no cost for an insertion.
CREATE INDEX outbox_id ON outbox USING brin (id) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX outbox_age ON outbox USING brin (occurred_at) WITH (pages_per_range = 16, autosummarize = on);

-- Up to which position the events have their deliveries. One worker at a time makes deliveries.
CREATE TABLE relay (
    singleton       boolean PRIMARY KEY DEFAULT true CONSTRAINT relay_singleton CHECK (singleton),
    position        bigint NOT NULL,
    claimed_by      uuid
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 500);
INSERT INTO relay (position) VALUES (0);

-- What events are delivered to: webhooks, mail, queues of a cloud.
CREATE TABLE event_target (
    id              uuid PRIMARY KEY,
    kind            text NOT NULL
                    CONSTRAINT event_target_kind_check CHECK (kind IN ('webhook', 'mail', 'sns', 'sqs', 'eventbridge')),
    -- A webhook's URL, a topic, a queue, a bus.
    address         text NOT NULL,
    -- Types of events; `*` stands for any text: {order.*}.
    events          text[] NOT NULL,
    -- A webhook's secrets, sealed: the newest first, each with the time at which it ends, if it does.
    secrets         bytea,
    state           text NOT NULL DEFAULT 'active'
                    CONSTRAINT event_target_state_check CHECK (state IN ('active', 'disabled')),
    -- Why it is disabled.
    reason          text,
    -- Since when every delivery has failed, and when one failed last (to a minute); null after a success.
    failing_since   timestamptz,
    failed_at       timestamptz,
    -- When a process last found it in its settings; null for a webhook.
    configured_at   timestamptz,
    -- The sequence of its own events, such as webhook.disabled.
    event_sequence  integer NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL DEFAULT now(),
    -- Workers read the targets again when a row changes.
    updated_at      timestamptz NOT NULL DEFAULT now()
);

-- One row for each event and target.
CREATE TABLE delivery (
    target_id       uuid NOT NULL,
    -- The event's.
    position        bigint NOT NULL,
    aggregate_id    uuid NOT NULL,
    state           text NOT NULL DEFAULT 'pending'
                    CONSTRAINT delivery_state_check CHECK (state IN ('pending', 'delivered', 'dead')),
    -- When the next attempt may begin.
    due_at          timestamptz NOT NULL DEFAULT now(),
    -- The worker that attempts it at present.
    claimed_by      uuid,
    attempts        integer NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL DEFAULT now(),
    ended_at        timestamptz,
    -- Of the last attempt: when it ended, the status code of the answer, its first bytes, and what failed.
    attempted_at    timestamptz,
    status          integer,
    duration_ms     integer,
    answer          text,
    error           text,
    PRIMARY KEY (target_id, position)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000,
    autovacuum_analyze_scale_factor = 0.02);

-- To claim what is due; claims themselves touch no index.
CREATE INDEX delivery_due ON delivery (target_id, due_at, position) WHERE state = 'pending';
-- To pass over events whose predecessor is not delivered yet.
CREATE INDEX delivery_aggregate ON delivery (target_id, aggregate_id, position) WHERE state = 'pending';
-- For a target's dead letters.
CREATE INDEX delivery_dead ON delivery (target_id, position) WHERE state = 'dead';

-- Processes that relay events and run jobs. What a worker has claimed is free again once it is gone.
CREATE TABLE worker (
    id              uuid PRIMARY KEY,
    started_at      timestamptz NOT NULL DEFAULT now(),
    seen_at         timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 20);

-- The scheduled jobs. One worker of a fleet runs each of them when it is due.
CREATE TABLE job (
    name            text PRIMARY KEY,
    due_at          timestamptz NOT NULL,
    -- The worker that runs it at present, and the time by which it must be done.
    claimed_by      uuid,
    deadline_at     timestamptz,
    -- Of the last run.
    started_at      timestamptz,
    ended_at        timestamptz,
    succeeded_at    timestamptz,
    outcome         text CONSTRAINT job_outcome_check CHECK (outcome IN ('success', 'failure', 'timeout')),
    rows            bigint,
    duration_ms     integer,
    error           text
) WITH (fillfactor = 50);

-- Mails that were not sent but kept for a look, on a developer's machine.
CREATE TABLE mailbox_message (
    id              uuid PRIMARY KEY,
    event_id        uuid NOT NULL,
    recipient       text NOT NULL,
    subject         text NOT NULL,
    -- The whole message (RFC 5322).
    message         bytea NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX mailbox_message_age ON mailbox_message (created_at);
