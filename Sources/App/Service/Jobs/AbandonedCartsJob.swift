import Accounts

/// Makes the event `cart.abandoned` for carts of customers that have not changed for a while.
struct AbandonedCartsJob: BackgroundJob {
    let carts: AbandonedCarts
    let name = "abandoned_carts"
    let schedule = JobSchedule.every(.seconds(60))

    func run() async throws -> Int { try await inBatches { try await carts.announce(limit: $0) } }
}
