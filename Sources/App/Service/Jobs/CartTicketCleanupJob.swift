import Cart

/// Deletes tickets for live carts that have expired.
struct CartTicketCleanupJob: BackgroundJob {
    let tickets: CartTicketStore
    let name = "cart_ticket_cleanup"
    let schedule = JobSchedule.every(.seconds(300))

    func run() async throws -> Int { try await inBatches { try await tickets.sweep(limit: $0) } }
}
