/// What became of a statement.
enum StatementOutcome {
    case rows(PostgresRows)
    /// The server refused it.
    case failed(PostgresError)
    /// Another of its Sync group failed before it, so that it never ran.
    case skipped
    /// The connection was lost before the answer came.
    case lost(PostgresError)
}

/// Whoever sent statements over a connection. Called on the loop.
protocol StatementReceiver: AnyObject {
    /// The statement that was sent as number `index` has ended.
    func statementEnded(_ index: Int, _ outcome: StatementOutcome)
    /// All that was sent before the Sync has ended; with an error where the commit itself failed.
    func groupEnded(_ outcome: GroupOutcome)
    /// By when it wants its answer (monotonic nanoseconds), nil when it no longer waits.
    var deadline: UInt64? { get }
    /// The deadline passed.
    func deadlinePassed()
}

/// What became of a Sync group as a whole.
enum GroupOutcome {
    case ended
    case failed(PostgresError)
    case lost(PostgresError)
}
