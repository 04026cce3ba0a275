import EventLoop
import Formats
import FoundationEssentials
import PostgresClient

/// The SQL of the relay.
enum RelayStatements {
    // MARK: Making deliveries

    /// The columns of a poll's one row.
    enum PollColumn: Int, PostgresColumn {
        case positions, oldest, lag, revision, isMine

        var sql: PostgresQuery {
            switch self {
            case .positions: "ARRAY(SELECT position FROM found ORDER BY position)"
            case .oldest: "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
            // The age of the oldest event that this poll has found, in microseconds.
            case .lag:
                """
                coalesce((SELECT extract(epoch FROM now() - occurred_at) * 1000000 FROM outbox WHERE position = \
                (SELECT min(position) FROM found)), 0)::bigint
                """
            case .revision: RelayStatements.revision
            // Whether this worker still makes the deliveries, in the database that the cursor is for.
            case .isMine: "EXISTS (SELECT FROM mine)"
            }
        }

        static let list = selectList
        /// Follows the columns of a poll: the active targets that have something to deliver.
        static let due = allCases.count
    }

    /// The columns of the poll of a worker that does not make deliveries.
    enum IdlePollColumn: Int, PostgresColumn {
        case claimed, server, revision, due

        var sql: PostgresQuery {
            switch self {
            case .claimed: "(SELECT position FROM claimed)"
            case .server: RelayStatements.server
            case .revision: RelayStatements.revision
            case .due: RelayStatements.due(.everything)
            }
        }

        static let list = selectList
    }

    /// Changes when another server answers, such as a standby that was promoted. It may lack commits that this worker has seen.
    private static let server: PostgresQuery = "pg_postmaster_start_time()"

    /// A text that changes when a target is added, changed or removed.
    private static let revision: PostgresQuery =
        "(SELECT md5(coalesce(string_agg(concat_ws(' ', id, state, updated_at), ' ' ORDER BY id), '')) FROM event_target)"

    /// Which deliveries a statement looks at. Until a vacuum, an index also has the entries of deliveries that are done, and they come
    /// first. So most statements begin behind them, and one a second looks at everything.
    enum Scope: Equatable {
        case everything
        /// Those that were due so short a time ago.
        case recent
        case since(Timestamp)

        var condition: PostgresQuery {
            switch self {
            case .everything: "true"
            case .recent: "d.due_at > now() - interval '10 seconds'"
            case .since(let time): "d.due_at >= \(time)"
            }
        }
    }

    /// No living worker has claimed the delivery `d`: claims of workers that are gone are free.
    static let isFree: PostgresQuery =
        "(d.claimed_by IS NULL OR NOT EXISTS (SELECT FROM worker w WHERE w.id = d.claimed_by))"

    /// The active targets that have something to deliver.
    private static func due(_ scope: Scope) -> PostgresQuery {
        """
        ARRAY(SELECT t.id FROM event_target t WHERE t.state = 'active' AND EXISTS (SELECT FROM delivery d \
        WHERE d.target_id = t.id AND d.state = 'pending' AND d.due_at <= now() AND \(scope.condition) AND \(isFree)))
        """
    }

    /// Reads new events, and inserts a delivery for each target that wants one. An event that has its deliveries already keeps
    /// them, so it does no harm to read an event twice.
    ///
    /// Where the target fails, an event that comes after one that waits for its next attempt is due with it, so that claims need not
    /// pass over it.
    ///
    /// A ping is for its own endpoint alone.
    /// - Parameter history: that of the database that the cursor is for; nothing is read with another history
    static func poll(
        _ cursor: OutboxCursor, by worker: UUID, at history: RelayHistory, limit: Int, due scope: Scope
    ) -> PostgresQuery {
        let lows = cursor.gaps.map(\.positions.lowerBound)
        let highs = cursor.gaps.map(\.positions.upperBound)
        return """
            WITH mine AS MATERIALIZED (SELECT FROM relay WHERE claimed_by = \(worker) AND \(server) = \(history.server) \
            AND position >= \(history.position)), \
            stored AS (UPDATE relay SET position = \(cursor.position) WHERE claimed_by = \(worker) \
            AND position < \(cursor.position) AND EXISTS (SELECT FROM mine)), \
            found AS MATERIALIZED (SELECT f.position, f.type, f.aggregate_id FROM ( \
            (SELECT position, type, aggregate_id FROM outbox WHERE position > \(cursor.high) ORDER BY position LIMIT \(literal: limit)) \
            UNION ALL \
            SELECT o.position, o.type, o.aggregate_id FROM unnest(\(lows), \(highs)) AS g (low, high) CROSS JOIN LATERAL \
            (SELECT position, type, aggregate_id FROM outbox WHERE position BETWEEN g.low AND g.high ORDER BY position \
            LIMIT \(literal: limit)) o) f WHERE EXISTS (SELECT FROM mine) ORDER BY f.position LIMIT \(literal: limit)), \
            made AS (INSERT INTO delivery (target_id, position, aggregate_id, due_at) SELECT t.id, f.position, f.aggregate_id, \
            CASE WHEN t.failing_since IS NULL THEN now() ELSE coalesce((SELECT greatest(now(), d.due_at) FROM delivery d \
            WHERE d.target_id = t.id AND d.aggregate_id = f.aggregate_id AND d.state = 'pending' \
            ORDER BY d.position DESC LIMIT 1), now()) END \
            FROM found f JOIN event_target t ON \(Outbox.isWanted("f.type")) \
            OR f.type = \(EventType.webhookPing.name) AND t.id = f.aggregate_id AND t.state = 'active' \
            ORDER BY f.position, t.id ON CONFLICT DO NOTHING) \
            SELECT \(PollColumn.list), \(due(scope))
            """
    }

    /// Takes the making of deliveries over, if no living worker has it and this one wants it.
    static func idlePoll(by worker: UUID, takesOver: Bool) -> PostgresQuery {
        """
        WITH claimed AS (UPDATE relay SET claimed_by = \(worker) WHERE (claimed_by IS NULL OR claimed_by = \(worker) \
        OR NOT EXISTS (SELECT FROM worker w WHERE w.id = relay.claimed_by)) AND \(takesOver) RETURNING position) \
        SELECT \(IdlePollColumn.list)
        """
    }

    /// Gives the making of deliveries back.
    static func release(_ worker: UUID, at position: Int64) -> PostgresQuery {
        """
        UPDATE relay SET claimed_by = NULL, position = greatest(position, \(position)) WHERE claimed_by = \(worker)
        """
    }

    /// The id of a transaction that begins now; see ``OutboxCursor``.
    static let newTransactionID: PostgresQuery = "SELECT pg_current_xact_id()::text::bigint"

    // MARK: Targets

    enum TargetColumn: Int, PostgresColumn {
        case id, kind, address, events, secrets

        var sql: PostgresQuery {
            switch self {
            case .id: "id"
            case .kind: "kind"
            case .address: "address"
            case .events: "events"
            case .secrets: "secrets"
            }
        }

        static let list = selectList
    }

    /// Writes the targets that settings configure. A process without a setting does not take the target from the others: it is
    /// disabled once no process has configured it for a day.
    static func configure(_ targets: [EventTarget]) -> [PostgresQuery] {
        targets.map { target in
            """
            INSERT INTO event_target AS t (id, kind, address, events, configured_at) VALUES (\(target.id), \(target.kind.rawValue), \
            \(target.address), \(target.events), now()) ON CONFLICT (id) DO UPDATE SET address = EXCLUDED.address, \
            events = EXCLUDED.events, state = 'active', reason = NULL, configured_at = now(), updated_at = CASE WHEN \
            (t.address, t.events, t.state) IS DISTINCT FROM (EXCLUDED.address, EXCLUDED.events, 'active') THEN now() \
            ELSE t.updated_at END
            """
        } + [
            """
            UPDATE event_target SET state = 'disabled', reason = 'no setting configures it', updated_at = now() \
            WHERE kind <> 'webhook' AND state = 'active' AND configured_at < now() - interval '1 day'
            """
        ]
    }

    static let targets: PostgresQuery = "SELECT \(TargetColumn.list) FROM event_target WHERE state = 'active'"

    /// Settings of the transactions that claim and record. The loss of a claim or of a record only repeats a delivery, so nothing waits
    /// for the disk. `delivery` grows by a hundred thousand rows within seconds, as after an import, and a plan that was made for a
    /// small table would read all of them each time: so each statement gets a plan for the table as it is.
    static let settings: PostgresQuery =
        "SELECT set_config('synchronous_commit', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true)"

    // MARK: Claiming

    enum DeliveryColumn: Int, PostgresColumn {
        case position, attempts, age, due, aggregate, id, type, version, aggregateType, sequence, payload, traceID, occurredAt

        var sql: PostgresQuery {
            switch self {
            case .position: "c.position"
            case .attempts: "c.attempts"
            case .age: "(extract(epoch FROM now() - c.created_at) * 1000000)::bigint"
            case .due: "c.due_at"
            case .aggregate: "c.aggregate_id"
            // Of the event; null where it is no longer kept.
            case .id: "o.id"
            case .type: "o.type"
            case .version: "o.version"
            case .aggregateType: "o.aggregate_type"
            case .sequence: "o.sequence"
            case .payload: "o.payload"
            case .traceID: "o.trace_id"
            case .occurredAt: "o.occurred_at"
            }
        }

        static let list = selectList
    }

    /// Claims deliveries of a target that are due. Of the events of an aggregate, only the first one that is not delivered.
    ///
    /// A delivery whose event was made first is seen first: of an aggregate, the later event's delivery is inserted in the same
    /// transaction or a later one. So no claim passes over an earlier event.
    ///
    /// The worker's row is locked until the claims are committed: another worker that takes this one for dead deletes the row either
    /// before, and then nothing is claimed, or after, and then the claims have no living worker and are free.
    ///
    /// The statement must stay cheap beside a million rows of other targets, which a plan for all parameters does not know: the
    /// limit is a literal, and the predecessor and the rows to update are found by look-ups that cannot become joins.
    /// - Parameter limit: one of a few, since each is a prepared statement of its own
    static func claim(_ target: UUID, by worker: UUID, limit: Int, _ scope: Scope) -> PostgresQuery {
        """
        WITH alive AS MATERIALIZED (SELECT FROM worker WHERE id = \(worker) FOR KEY SHARE), \
        due AS MATERIALIZED (SELECT d.position FROM delivery d WHERE EXISTS (SELECT FROM alive) \
        AND d.target_id = \(target) AND d.state = 'pending' AND d.due_at <= now() AND \(scope.condition) AND \(isFree) \
        AND d.position = (SELECT min(e.position) FROM delivery e WHERE e.target_id = d.target_id \
        AND e.aggregate_id = d.aggregate_id AND e.state = 'pending') \
        ORDER BY d.due_at, d.position LIMIT \(literal: limit) FOR UPDATE OF d SKIP LOCKED), \
        c AS (UPDATE delivery d SET claimed_by = \(worker) WHERE d.target_id = \(target) \
        AND d.position = ANY(ARRAY(SELECT position FROM due)) \
        RETURNING d.position, d.attempts, d.created_at, d.due_at, d.aggregate_id) \
        SELECT \(DeliveryColumn.list) FROM c LEFT JOIN outbox o ON o.position = c.position ORDER BY c.position
        """
    }

    /// Frees what the worker has claimed and knows nothing of: the answer to the claim was lost.
    /// - Parameter known: the positions of the claims that it does know of
    static func freeUnknown(_ target: UUID, except known: [Int64], by worker: UUID) -> PostgresQuery {
        """
        UPDATE delivery SET claimed_by = NULL WHERE target_id = \(target) AND state = 'pending' AND claimed_by = \(worker) \
        AND NOT position = ANY(\(known))
        """
    }

    /// Gives claims back that were not attempted.
    static func unclaim(_ target: UUID, _ positions: [Int64], by worker: UUID) -> PostgresQuery {
        """
        UPDATE delivery SET claimed_by = NULL WHERE target_id = \(target) AND position = ANY(\(positions)) \
        AND claimed_by = \(worker) AND state = 'pending'
        """
    }

    // MARK: Recording

    /// Records how attempts have ended. A delivery that has ended already, because another worker attempted it too, stays.
    /// - Parameter others: statements that come before, since they are about targets: all that locks rows of `event_target` and
    ///   `delivery` locks them in this order
    static func record(_ attempts: [RecordedAttempt], others: [PostgresQuery]) -> [PostgresQuery] {
        guard !attempts.isEmpty else { return others }
        var statements = [settings]
        if let health = health(attempts) { statements.append(health) }
        statements += others
        for (target, attempts) in Dictionary(grouping: attempts, by: \.target).sorted(by: { $0.key.text < $1.key.text }) {
            statements.append(record(target, attempts))
            let failed = attempts.filter { $0.state == .pending }
            if !failed.isEmpty { statements.append(postpone(target, failed)) }
        }
        return statements
    }

    /// The rows are found by their keys. The condition on the state has this form so that the indexes of what is pending do not fit:
    /// they may have very many rows.
    private static func record(_ target: UUID, _ attempts: [RecordedAttempt]) -> PostgresQuery {
        let reports = attempts.map(\.report)
        let positions = attempts.map(\.position)
        return """
            UPDATE delivery d SET state = r.state, attempts = d.attempts + 1, claimed_by = NULL, attempted_at = now(), \
            due_at = CASE r.state WHEN 'pending' THEN now() + r.pause * interval '1 microsecond' ELSE d.due_at END, \
            ended_at = CASE r.state WHEN 'pending' THEN NULL ELSE now() END, status = r.status, duration_ms = r.duration, \
            answer = r.answer, error = r.error FROM unnest(\(positions), \(attempts.map(\.state.rawValue)), \
            \(attempts.map { ($0.pause ?? .zero).wholeMicroseconds }), \(reports.map { $0.status.map { Int32(clamping: $0) } }), \
            \(reports.map { $0.duration.wholeMilliseconds }), \(reports.map(\.answer)), \(reports.map(\.error))) \
            AS r (position, state, pause, status, duration, answer, error) \
            WHERE d.target_id = \(target) AND d.position = ANY(\(positions)) AND d.position = r.position \
            AND d.state NOT IN ('delivered', 'dead')
            """
    }

    /// What waits for a failed event is due with it, so that claims need not pass over it again and again.
    private static func postpone(_ target: UUID, _ failed: [RecordedAttempt]) -> PostgresQuery {
        let positions = failed.map(\.position)
        return """
            UPDATE delivery d SET due_at = f.due_at FROM delivery f WHERE f.target_id = \(target) AND f.position = ANY(\(positions)) \
            AND d.target_id = \(target) AND d.aggregate_id = f.aggregate_id AND d.state = 'pending' AND d.position > f.position \
            AND d.due_at < f.due_at AND d.aggregate_id = ANY(\(failed.map(\.aggregate)))
            """
    }

    /// Keeps the time since which every delivery to a target has failed. Where none failed for two days, because there were no
    /// events, the time begins again: one event that fails after a long silence says little.
    private static func health(_ attempts: [RecordedAttempt]) -> PostgresQuery? {
        var takes: [UUID: Bool] = [:]
        for attempt in attempts {
            switch attempt.outcome {
            case .delivered: takes[attempt.target] = true
            case .failed: takes[attempt.target] = takes[attempt.target] ?? false
            case .refused: break
            }
        }
        guard !takes.isEmpty else { return nil }
        // The rows are locked in one order, because several workers do this.
        return """
            UPDATE event_target t SET failed_at = CASE WHEN NOT r.takes THEN now() END, \
            failing_since = CASE WHEN NOT r.takes THEN CASE WHEN t.failed_at > now() - interval '2 days' THEN t.failing_since \
            ELSE now() END END FROM (SELECT e.id, r.takes FROM event_target e JOIN unnest(\(Array(takes.keys)), \
            \(Array(takes.values))) AS r (id, takes) ON e.id = r.id WHERE r.takes AND e.failing_since IS NOT NULL \
            OR NOT r.takes AND (e.failed_at IS NULL OR e.failed_at < now() - interval '1 minute') \
            ORDER BY e.id FOR NO KEY UPDATE OF e) r WHERE t.id = r.id
            """
    }
}

/// What tells a database from one that lacks its last commits, such as a standby that was promoted.
struct RelayHistory: Equatable {
    /// When the server was started.
    let server: Timestamp
    /// The position that was stored last.
    var position: Int64
}

/// The outcome of an attempt, for the log of deliveries.
struct RecordedAttempt {
    enum State: String {
        case pending, delivered, dead
    }
    /// What the attempt says about the target.
    enum Outcome {
        case delivered, failed
        /// Nothing: it has refused this event.
        case refused
    }

    let target: UUID
    let position: Int64
    let aggregate: UUID
    let state: State
    let outcome: Outcome
    /// Before the next attempt.
    let pause: Duration?
    let report: DeliveryReport

    /// The same without the texts of the receiver.
    var withoutTexts: RecordedAttempt {
        RecordedAttempt(
            target: target, position: position, aggregate: aggregate, state: state, outcome: outcome, pause: pause,
            report: DeliveryReport(status: report.status, duration: report.duration))
    }
}

extension Duration {
    /// For an integer column.
    fileprivate var wholeMilliseconds: Int32 { Int32(clamping: nanosecondsClamped / 1_000_000) }
}
