import Cart

/// Deletes carts that were ordered from, merged or expired, once their retention is over.
struct CartCleanupJob: BackgroundJob {
    let carts: CartStore
    let retention: Duration
    let name = "cart_cleanup"
    let schedule = JobSchedule.every(.seconds(300))

    func run() async throws -> Int { try await inBatches { try await carts.drop(endedBefore: retention, limit: $0) } }
}
