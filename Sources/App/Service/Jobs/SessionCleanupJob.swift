import Accounts

/// Deletes sessions that have expired.
struct SessionCleanupJob: BackgroundJob {
    let sessions: SessionStore
    let name = "session_cleanup"
    let schedule = JobSchedule.every(.seconds(300))

    func run() async throws -> Int { try await inBatches { try await sessions.drop(limit: $0) } }
}
