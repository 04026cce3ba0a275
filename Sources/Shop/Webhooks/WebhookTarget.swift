import Events
import Formats
import FoundationEssentials
import HTTPClient
import Web

/// Delivers events to an endpoint, by Standard Webhooks 1.0. Confined to its loop.
package final class WebhookTarget: DeliveryTarget {
    private let url: String
    /// Nil where they cannot be opened.
    private let secrets: WebhookSecrets?
    /// Why the URL may not be used: the rules may have become stricter since the endpoint was added.
    private let fault: WebhookURL.Fault?
    private let client: HTTPClient
    private let settings: WebhookSettings

    package var concurrency: Int { settings.concurrency }

    /// How much of an answer is read. More than is kept, so that the connection can be used again after most answers.
    private static let largestAnswer = 64 << 10

    package init(_ target: EventTarget, client: HTTPClient, keys: EncryptionKeys, settings: WebhookSettings) {
        url = target.address
        secrets = target.secrets.flatMap { WebhookSecrets(sealed: $0, for: target.id, keys) }
        do throws(WebhookURL.Fault) {
            _ = try WebhookURL(target.address, allowsPrivate: settings.allowsPrivate)
            fault = nil
        } catch { fault = error }
        self.client = client
        self.settings = settings
    }

    package func deliver(_ events: [Event]) async -> [DeliveryOutcome] {
        var outcomes: [DeliveryOutcome] = []
        for event in events { outcomes.append(await deliver(WebhookMessage(event))) }
        return outcomes
    }

    private func deliver(_ message: WebhookMessage) async -> DeliveryOutcome {
        let time = Timestamp.now
        guard let valid = secrets?.valid(at: time) else {
            return .failed(
                DeliveryReport(
                    duration: .zero,
                    error: "the webhook's secret cannot be opened: ENCRYPTION_KEY has changed; rotate the secret"))
        }
        if let fault { return .failed(DeliveryReport(duration: .zero, error: "the URL \(fault)")) }
        let request = request(message, at: time, secrets: valid)
        let clock = ContinuousClock()
        let start = clock.now
        do throws(HTTPClientError) {
            let answer = try await client.send(request)
            return Self.outcome(
                of: answer.status, body: answer.body, retryAfter: answer.header("retry-after"), duration: clock.now - start)
        } catch {
            return .failed(DeliveryReport(duration: clock.now - start, error: error.message))
        }
    }

    /// The request of an attempt.
    func request(_ message: WebhookMessage, at time: Timestamp, secrets: [WebhookSecret]) -> HTTPClientRequest {
        HTTPClientRequest(
            method: "POST", url: url, headers: message.headers(at: time, secrets: secrets, userAgent: settings.userAgent),
            body: message.body, connectTimeout: settings.connectTimeout, timeout: settings.timeout,
            maximumBodyBytes: Self.largestAnswer, oversizedBody: .truncate, addresses: settings.allowsPrivate ? .any : .publicOnly
        )
    }

    /// What an answer means (Standard Webhooks 1.0, "Delivery success and failure").
    static func outcome(
        of status: Int, body: [UInt8], retryAfter: String?, duration: Duration, now: Timestamp = .now
    ) -> DeliveryOutcome {
        var report = DeliveryReport(status: status, duration: duration, answer: WebhookAnswer.excerpt(body))
        switch status {
        case 200...299:
            return .delivered(report)
        case 300...399:
            report.error = "answered \(status): redirects are not followed"
            return .failed(report)
        case 410:
            report.error = "answered 410: it wants no events any more"
            return .gone(report)
        case 429, 503:
            report.error = "answered \(status)"
            return .failed(report, retryAfter: retryAfter.flatMap { RetryAfter.read($0, now: now) })
        default:
            report.error = "answered \(status)"
            return .failed(report)
        }
    }
}
