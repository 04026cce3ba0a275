/// What a shared connection has to pass before it carries reads, and again whenever the pool is told to examine.
final class ReaderExam {
    let query: PostgresQuery
    /// Judges the first row of its answer, which took so many nanoseconds. On the loop.
    var passes: (PostgresRow, _ took: UInt64) -> Bool = { _, _ in false }
    /// The connections that have not answered yet, and since when.
    var pending: [Int: UInt64] = [:]

    init(query: PostgresQuery) { self.query = query }
}

/// Waits for the answer to an exam, and hands it on at the end of the turn; nil where the server refused to answer.
final class ReaderExamination: StatementReceiver {
    private let ended: (PostgresRow?) -> Void

    init(ended: @escaping (PostgresRow?) -> Void) { self.ended = ended }

    var deadline: UInt64? { nil }
    func deadlinePassed() {}
    func groupEnded(_ outcome: GroupOutcome) {}

    func statementEnded(_ index: Int, _ outcome: StatementOutcome) {
        switch outcome {
        case .rows(let rows): ended(rows.first)
        case .failed, .skipped: ended(nil)
        // The pool hears of that itself.
        case .lost: break
        }
    }
}
