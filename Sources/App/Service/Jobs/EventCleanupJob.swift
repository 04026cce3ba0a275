import Events

/// Deletes old events with their deliveries, and gives up deliveries to targets that are disabled or fail for days.
struct EventCleanupJob: BackgroundJob {
    let events: EventRetention
    let retention: Duration
    /// How long deliveries wait for a target that is disabled or fails.
    let patience: Duration
    let name = "event_cleanup"
    let schedule = JobSchedule.every(.seconds(300))

    func run() async throws -> Int {
        var changed = 0
        var position: Int64? = -1
        while let last = position, !Task.isCancelled {
            let page = try await events.drop(olderThan: retention, after: last, limit: 1_000)
            changed += page.dropped
            position = page.next
        }
        return try await changed + inBatches(of: 1_000) { try await events.giveUp(after: patience, limit: $0) }
    }
}
