import Orders

/// Erases name, address and e-mail from orders that ended without payment, once their retention is over.
struct UnpaidOrderErasureJob: BackgroundJob {
    let orders: OrderStore
    let retention: Duration
    let name = "unpaid_order_erasure"
    let schedule = JobSchedule.every(.seconds(300))

    func run() async throws -> Int { try await inBatches { try await orders.blank(endedBefore: retention, limit: $0) } }
}
