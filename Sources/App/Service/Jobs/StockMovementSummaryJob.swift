import Orders

/// Replaces stock movements whose retention is over by one sum for each variant.
struct StockMovementSummaryJob: BackgroundJob {
    let orders: OrderStore
    let retention: Duration
    let name = "stock_movement_summary"
    let schedule = JobSchedule.every(.seconds(300))

    func run() async throws -> Int {
        // The limit counts ids, and ids have gaps: a batch that is not full may leave movements.
        try await inBatches(of: 1_000, while: 1) { try await orders.sumUpMovements(olderThan: retention, limit: $0) }
    }
}
