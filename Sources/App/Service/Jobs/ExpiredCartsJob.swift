import Cart

/// Expires carts that have not changed for their lifetime.
struct ExpiredCartsJob: BackgroundJob {
    let carts: CartStore
    let name = "expired_carts"
    let interval = Duration.seconds(5)

    func run() async throws -> Int { try await inBatches { try await carts.expire(limit: $0) } }
}
