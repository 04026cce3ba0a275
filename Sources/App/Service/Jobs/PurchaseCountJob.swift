import EventLoop
import Recommendations

/// Counts what was bought, alone and together, for recommendations and for the order of searches.
struct PurchaseCountJob: BackgroundJob {
    let purchases: PurchaseCounter
    let name = "purchase_count"
    let schedule = JobSchedule.every(.seconds(60))

    /// A run begins no step after this time; the next run goes on where it ended.
    private static let duration = Duration.seconds(30)

    func run() async throws -> Int {
        let end = Deadline.after(Self.duration)
        return try await purchases.run { !Task.isCancelled && Deadline.after(.zero) < end }
    }
}
