import Orders

/// Deletes the responses that are kept for idempotency keys, once their lifetime is over.
struct IdempotencyCleanupJob: BackgroundJob {
    let orders: OrderStore
    let lifetime: Duration
    let name = "idempotency_cleanup"
    let schedule = JobSchedule.every(.seconds(300))

    func run() async throws -> Int { try await inBatches { try await orders.forgetAnswers(olderThan: lifetime, limit: $0) } }
}
