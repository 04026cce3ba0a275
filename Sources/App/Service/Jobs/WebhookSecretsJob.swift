import Webhooks

/// Seals the secrets of webhooks with a new `ENCRYPTION_KEY`, before the previous one is given up.
struct WebhookSecretsJob: BackgroundJob {
    let resealing: WebhookResealing
    let name = "webhook_secrets"
    let schedule = JobSchedule.every(.seconds(3_600))

    func run() async throws -> Int { try await resealing.run() }
}
