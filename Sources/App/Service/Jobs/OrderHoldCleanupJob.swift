import Orders

/// Deletes records of the stock that one client holds, once the order no longer holds it.
struct OrderHoldCleanupJob: BackgroundJob {
    let orders: OrderStore
    let name = "order_hold_cleanup"
    let schedule = JobSchedule.every(.seconds(300))

    func run() async throws -> Int { try await inBatches { try await orders.dropHolds(limit: $0) } }
}
