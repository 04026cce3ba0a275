import Cart

/// Expires carts that have not changed for their lifetime.
struct ExpiredCartsJob: BackgroundJob {
    let carts: CartStore
    let name = "expired_carts"
    let schedule = JobSchedule.every(.seconds(60))

    func run() async throws -> Int { try await inBatches { try await carts.expire(limit: $0) } }
}
