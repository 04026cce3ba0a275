/// What a group of statements whose connection was lost may be told as: whether it may have been committed.
struct CommitRule: Equatable, Sendable {
    enum Commit: Equatable, Sendable {
        /// The group commits nothing.
        case none
        /// After its statements comes COMMIT.
        case explicit
        /// It is a transaction by itself, which commits at its Sync.
        case implicit
    }

    let commit: Commit
    /// How many statements go before the commit.
    let statements: Int
    /// Nothing can have been committed.
    private(set) var hasFailed = false

    init(_ commit: Commit, statements: Int) {
        self.commit = commit
        self.statements = statements
    }

    /// The server refused a statement, or skipped it; the commit too, where it is one.
    mutating func refused() { hasFailed = true }

    /// The server ended the session in answer to the statement at `index`.
    /// Answers come in order, so if that is not the commit itself, there was none.
    mutating func sessionEnded(at index: Int) {
        if index < statements { hasFailed = true }
    }

    /// Whether nobody can know if it was committed, now that no more answers will come.
    var isOutcomeUnknown: Bool { commit != .none && !hasFailed }
}
