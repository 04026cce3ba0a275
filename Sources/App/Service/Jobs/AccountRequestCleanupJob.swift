import Accounts

/// Deletes registrations and other requests whose mail was never answered.
struct AccountRequestCleanupJob: BackgroundJob {
    let accounts: AccountStore
    let name = "account_request_cleanup"
    let schedule = JobSchedule.every(.seconds(3_600))

    func run() async throws -> Int { try await inBatches { try await accounts.drop(limit: $0) } }
}
