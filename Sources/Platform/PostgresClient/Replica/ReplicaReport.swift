/// What a replica says of itself, in one statement and so of one moment.
struct ReplicaReport: Equatable, Sendable {
    /// A server that is no replica has a history of its own; after a failover it may be the primary, which is asked anyway.
    let isReplica: Bool
    /// How far it has replayed the primary's log, in bytes from its beginning; nil where it cannot tell.
    let replayed: Int64?
    /// The number that grows with each write that must be seen at once.
    let mark: Int64

    /// The statement that asks for it.
    /// - Parameter mark: gives the number, as one row of one bigint
    static func query(mark: PostgresQuery) -> PostgresQuery {
        "SELECT pg_is_in_recovery(), (pg_last_wal_replay_lsn() - '0/0')::bigint, (\(mark))"
    }

    /// Where the primary's log ends.
    static let primaryQuery: PostgresQuery = "SELECT (pg_current_wal_lsn() - '0/0')::bigint"

    init(isReplica: Bool, replayed: Int64?, mark: Int64) {
        self.isReplica = isReplica
        self.replayed = replayed
        self.mark = mark
    }

    init(_ row: PostgresRow) throws(PostgresError) {
        (isReplica, replayed, mark) = try row.decode((Bool, Int64?, Int64).self)
    }
}
