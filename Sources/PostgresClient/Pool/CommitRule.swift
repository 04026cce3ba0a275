/// What a failed commit may be told as: whether the transaction may have happened.
struct CommitRule: Equatable, Sendable {
    enum Commit: Equatable, Sendable {
        /// The group commits nothing.
        case none
        /// Its last statement is COMMIT.
        case explicit
        /// It is a transaction by itself, which commits at its Sync.
        case implicit
    }

    let commit: Commit
    let statements: Int
    /// A statement before the commit was refused or skipped, so that nothing can have been committed.
    private(set) var hasFailed = false
    private(set) var answered = 0

    init(_ commit: Commit, statements: Int) {
        self.commit = commit
        self.statements = statements
    }

    /// A statement got its answer from the server: rows, an error, or the news that it was skipped.
    mutating func answered(_ isSuccess: Bool) {
        answered += 1
        if !isSuccess { hasFailed = true }
    }

    /// The session itself ended by an error that the server sent in answer to a statement.
    /// Answers come in order: such an error for one before the commit says that there was no commit.
    mutating func sessionEnded(at index: Int) {
        if commit == .implicit || index < statements - 1 { hasFailed = true }
    }

    /// Whether nobody can know if the transaction was committed, now that no answer will come.
    var isOutcomeUnknown: Bool { commit != .none && !hasFailed }
}
