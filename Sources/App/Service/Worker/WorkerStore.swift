import Formats
import FoundationEssentials
import Migrations
import PostgresClient

/// The tables `worker` and `job`: which workers live, and what they have claimed.
///
/// A worker's row is its lease: it says that it lives by updating it, and a row that is not updated for the time of a lease is
/// deleted by others. What is claimed by a worker without a row is free. All times are those of the database's clock, so the clocks of the
/// workers do not matter.
struct WorkerStore {
    let pool: PostgresPool
    /// How long a worker may be silent before others take over its claims.
    var lease = Duration.seconds(7)

    /// How long after its deadline the run of a worker that lives is left alone. The worker itself ends it before.
    private static let takeover = Duration.seconds(15)

    /// Whether the database has the schema of this release, and the database's time.
    func schema() async throws -> (isCurrent: Bool, now: Timestamp) {
        let rows = try await pool.query("SELECT coalesce(max(version), 0), now() FROM schema_migration")
        guard let row = rows.first else { return (false, .now) }
        let (version, now) = try row.decode((Int32, Timestamp).self)
        return (Int(version) >= Schema.requiredVersion, now)
    }

    /// Adds the worker, and the rows of jobs that have none.
    /// - Parameters:
    ///   - now: the database's time that the jobs' times were made for. A job that has gone on since then may be due later than at `latest`.
    ///   - jobs: the times when a job is due first, and when at the latest if it has a row already
    func register(_ id: UUID, now: Timestamp, jobs: [(name: String, first: Timestamp, latest: Timestamp)]) async throws {
        _ = try await pool.batch([
            "INSERT INTO worker (id) VALUES (\(id))",
            """
            INSERT INTO job (name, due_at) SELECT name, first FROM \
            unnest(\(jobs.map(\.name)), \(jobs.map(\.first))) j (name, first) ORDER BY name ON CONFLICT (name) DO NOTHING
            """,
            """
            UPDATE job SET due_at = j.latest FROM unnest(\(jobs.map(\.name)), \(jobs.map(\.latest))) j (name, latest) \
            WHERE job.name = j.name AND job.due_at > j.latest + (now() - \(now))
            """,
        ])
    }

    /// What a pass has found and done.
    struct Pass: Sendable {
        /// Whether the worker's row is there. If not, others have freed its claims, and nothing was claimed.
        var isAlive = false
        /// Whether workers have been silent for longer than a lease.
        var hasSilentWorkers = false
        /// The names of the jobs whose runs were written.
        var written: [String] = []
        var claims: [JobClaim] = []
        var databaseTime: Timestamp
    }

    /// Says that the worker lives, writes the runs that have ended and claims jobs that are due, in one statement: it is sent every
    /// two seconds, and must cost little.
    ///
    /// A run is written only while its worker has the claim, and for the due time that it was for. The update of the worker's row
    /// comes before all claims: workers that delete the row wait for it or make it fail, so a claim always has a living owner.
    /// A job that the worker has claimed and knows nothing of, since the answer to the claim was lost, it claims again.
    func pass(_ id: UUID, _ demand: JobDemand) async throws -> Pass {
        let ended = demand.ended
        let rows = try await pool.batch([
            """
            WITH beat AS (UPDATE worker SET seen_at = now() WHERE id = \(id) RETURNING id), \
            written AS (UPDATE job SET claimed_by = NULL, deadline_at = NULL, due_at = e.next, ended_at = now(), \
            succeeded_at = CASE e.outcome WHEN 'success' THEN now() ELSE succeeded_at END, outcome = e.outcome, rows = e.rows, \
            duration_ms = e.duration, error = e.error FROM unnest(\(ended.map(\.name)), \(ended.map(\.due)), \(ended.map(\.next)), \
            \(ended.map(\.outcome.rawValue)), \(ended.map { Int64($0.rows) }), \
            \(ended.map { Int32(clamping: $0.duration.wholeMicroseconds / 1_000) }), \(ended.map(\.error))) \
            e (name, due, next, outcome, rows, duration, error) \
            WHERE job.name = e.name AND job.due_at = e.due AND job.claimed_by = \(id) RETURNING job.name), \
            due AS MATERIALIZED (SELECT name FROM job WHERE name = ANY(\(demand.wanted.map(\.name))) AND due_at <= now() \
            AND (claimed_by IS NULL OR claimed_by = \(id) \
            OR deadline_at < now() - \(Self.takeover.wholeMicroseconds) * interval '1 microsecond') \
            AND EXISTS (SELECT FROM beat) ORDER BY due_at, name LIMIT \(Int64(demand.limit)) FOR UPDATE SKIP LOCKED), \
            claimed AS (UPDATE job SET claimed_by = \(id), started_at = now(), \
            deadline_at = now() + w.deadline * interval '1 microsecond' FROM due JOIN \
            unnest(\(demand.wanted.map(\.name)), \(demand.wanted.map(\.deadline.wholeMicroseconds))) w (name, deadline) \
            ON w.name = due.name WHERE job.name = due.name RETURNING job.name, job.due_at) \
            SELECT EXISTS (SELECT FROM beat), \
            EXISTS (SELECT FROM worker WHERE id <> \(id) AND seen_at < now() - \(lease.wholeMicroseconds) * interval '1 microsecond'), \
            now(), array(SELECT name FROM written), array(SELECT name FROM claimed ORDER BY name), \
            array(SELECT due_at FROM claimed ORDER BY name)
            """
        ])
        guard let row = rows.first?.first else { throw PostgresError(.protocolViolation, "a pass without a row") }
        let (isAlive, hasSilent, now, written, names, dues) = try row.decode(
            (Bool, Bool, Timestamp, [String], [String], [Timestamp]).self)
        return Pass(
            isAlive: isAlive, hasSilentWorkers: hasSilent, written: written,
            claims: zip(names, dues).map { JobClaim(name: $0, due: $1) }, databaseTime: now)
    }

    /// Deletes the rows of silent workers, which frees their claims of deliveries, and frees their jobs, in one transaction. The second
    /// statement sees what was committed before it began, so it finds claims that were made until the moment their worker's row was
    /// deleted.
    /// - Returns: the workers that were deleted.
    func reap() async throws -> [UUID] {
        let rows = try await pool.batch([
            """
            DELETE FROM worker WHERE id IN (SELECT id FROM worker WHERE seen_at < now() \
            - \(lease.wholeMicroseconds) * interval '1 microsecond' FOR UPDATE SKIP LOCKED) RETURNING id
            """,
            """
            UPDATE job SET claimed_by = NULL, deadline_at = NULL WHERE claimed_by IS NOT NULL \
            AND NOT EXISTS (SELECT FROM worker w WHERE w.id = job.claimed_by)
            """,
        ])
        return try rows[0].map { row in try row[0, as: UUID.self] }
    }

    /// Deletes the worker's row, which frees its claims.
    func unregister(_ id: UUID) async throws {
        _ = try await pool.batch([
            "DELETE FROM worker WHERE id = \(id)",
            "UPDATE job SET claimed_by = NULL, deadline_at = NULL WHERE claimed_by = \(id)",
        ])
    }
}
