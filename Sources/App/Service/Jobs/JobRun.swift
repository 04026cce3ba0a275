import Formats
import PostgresClient

/// A job that this worker has claimed for one of its due times.
struct JobClaim: Sendable, Equatable {
    let name: String
    let due: Timestamp
}

/// How a run has ended.
enum JobOutcome: String, CaseIterable, Sendable {
    case success
    case failure
    /// It was cancelled at its deadline.
    case timeout
}

/// A run that has ended, and is to be written to the job's row.
struct EndedRun: Sendable {
    let name: String
    /// The due time that the run was for.
    let due: Timestamp
    let outcome: JobOutcome
    let rows: Int
    let duration: Duration
    /// What failed, in one line.
    let error: String?
    /// The next due time, which is set when the row is written.
    var next: Timestamp

    /// Whether the row should be written soon: an operator may look at it, or much work would be repeated.
    var isNotable: Bool { outcome != .success || rows > 0 }
}

/// What the database should know and give at a pass over the jobs.
struct JobDemand: Sendable {
    /// Runs to write.
    var ended: [EndedRun] = []
    /// Jobs that may be claimed if they are due, with their deadlines.
    var wanted: [(name: String, deadline: Duration)] = []
    /// How many of them may be claimed.
    var limit = 0
}

/// The text of an error for the log and for a job's row: one line, without personal data.
enum JobErrorText {
    private static let longest = 500

    static func text(of error: any Error) -> String {
        // The description of a PostgresError holds no data. Others may, so only their type is shown.
        let text = (error as? PostgresError)?.description ?? String(describing: type(of: error))
        let line = text.unicodeScalars.prefix(longest).map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) }
        return String(line)
    }
}
