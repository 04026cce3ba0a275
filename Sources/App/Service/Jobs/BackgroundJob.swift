/// Work that the service repeats in the background.
///
/// Every process runs every job, so a job passes over rows that another process works on. To add one, write a type here whose
/// name ends in `Job`, and list it in ``ShopJobs``.
protocol BackgroundJob {
    /// The name in metrics and logs, in snake_case.
    var name: String { get }
    /// The time from the end of a run to the start of the next.
    var interval: Duration { get }

    /// Runs once.
    /// - Returns: The number of rows that the run changed.
    func run() async throws -> Int
}

extension BackgroundJob {
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
