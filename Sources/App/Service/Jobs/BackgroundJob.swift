/// Work that the shop does again and again, such as removing old rows.
///
/// The row of the job in the table `job` says when it is due. One worker of a fleet claims it then, runs it and writes the next
/// time. A run may be repeated: a worker can die between its work and writing the outcome. To add a job, write a type here whose
/// name ends in `Job`, and list it in ``ShopJobs``.
protocol BackgroundJob {
    /// The name in the table, in metrics and in logs, in snake_case. It never changes.
    var name: String { get }
    /// When it is due.
    var schedule: JobSchedule { get }
    /// How long a run may take. Its task is cancelled then, and the run counts as failed.
    var deadline: Duration { get }

    /// Runs once. It ends soon after its task was cancelled.
    /// - Returns: The number of rows that the run changed.
    func run() async throws -> Int
    /// Called when a run is overdue here, since another worker does the job now: what this process measured last is out of date.
    func runsElsewhere()
}

extension BackgroundJob {
    var deadline: Duration { .seconds(60) }

    func runsElsewhere() {}

    /// Runs a statement again and again, as long as there may be rows left, so that no single transaction becomes large.
    /// - Parameters:
    ///   - size: The number of rows that one run of the statement may change.
    ///   - minimum: The statement runs again when it has changed this many rows; by default, when its batch was full.
    /// - Returns: The number of rows that changed in all.
    func inBatches(
        of size: Int = 100, while minimum: Int? = nil, _ statement: (_ limit: Int) async throws -> Int
    ) async throws -> Int {
        var total = 0
        while !Task.isCancelled {
            let count = try await statement(size)
            total += count
            if count < minimum ?? size { break }
        }
        return total
    }
}
