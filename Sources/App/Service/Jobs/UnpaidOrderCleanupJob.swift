import Orders

/// Deletes orders that ended without payment, once their retention is over.
struct UnpaidOrderCleanupJob: BackgroundJob {
    let orders: OrderStore
    let retention: Duration
    let name = "unpaid_order_cleanup"
    let schedule = JobSchedule.every(.seconds(300))

    func run() async throws -> Int { try await inBatches { try await orders.drop(endedBefore: retention, limit: $0) } }
}
