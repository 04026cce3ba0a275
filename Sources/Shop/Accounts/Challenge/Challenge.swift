import EventLoop
import Formats
import HTTPClient
import HTTPTypes
import Logging
import Web

/// Asks for proof that a person sends a request, where the shop has a service that checks it. Confined to its loop.
package final class Challenge {
    private let settings: ChallengeSettings
    /// Nil for a shop that asks for no proof.
    private let client: HTTPClient?
    private let logger: Logger
    private let metrics = ChallengeMetrics()
    /// Checks that are under way.
    private var count = 0
    private var nextWarning: UInt64 = 0

    /// Longer answers are none.
    private static let longestAnswer = 4_096
    /// The most checks at a time on a loop: a service that hangs must not collect requests.
    private static let mostChecks = 64

    package init(_ settings: ChallengeSettings, loop: EventLoop, logger: Logger) {
        self.settings = settings
        self.logger = logger
        client = settings.service.map { _ in
            HTTPClient(loop: loop, settings: HTTPClientSettings(name: "captcha"), logger: logger)
        }
    }

    /// Whether a sign-in needs proof after so many failures.
    func isNeeded(after failures: Int) -> Bool { settings.service != nil && failures >= settings.failures }

    /// Lets a request through that has proof; every request where the shop asks for none.
    /// - Throws: `Problem`: 403 without proof, 503 where it could not be checked
    func require(_ context: RequestContext) async throws {
        guard let service = settings.service, let client else { return }
        guard let answer = context.request[.xChallengeResponse], !answer.isEmpty else {
            metrics.count(.missing)
            throw Problem(.challengeRequired)
        }
        switch await verdict(on: answer, by: service, client) {
        case .passed: metrics.count(.passed)
        case .refused:
            metrics.count(.refused)
            throw Problem(.challengeRequired, "The answer was not accepted: it is wrong, was used before or has expired.")
        case .unchecked(let reason):
            metrics.count(.unchecked)
            warn(reason, on: context.loop)
            if settings.outage == .closed { throw Problem(.challengeUnavailable).retrying(after: 5) }
        }
    }

    private func verdict(
        on answer: String, by service: ChallengeSettings.Service, _ client: HTTPClient
    ) async -> ChallengeVerdict {
        guard answer.utf8.count <= Self.longestAnswer else { return .refused }
        guard count < Self.mostChecks else { return .unchecked("too many answers are being checked") }
        count += 1
        defer { count -= 1 }
        let form = "secret=\(PercentEncoding.encode(service.secret.reveal()))&response=\(PercentEncoding.encode(answer))"
        do throws(HTTPClientError) {
            let response = try await client.send(
                HTTPClientRequest(
                    method: "POST", url: service.url, headers: [("Content-Type", "application/x-www-form-urlencoded")],
                    body: Array(form.utf8), connectTimeout: min(settings.timeout, .seconds(3)), timeout: settings.timeout,
                    maximumBodyBytes: 16 << 10))
            return ChallengeVerdict(status: response.status, body: response.body)
        } catch {
            return .unchecked(error.description)
        }
    }

    /// Once in ten seconds: an outage concerns many requests.
    private func warn(_ reason: String, on loop: EventLoop) {
        guard loop.now >= nextWarning else { return }
        nextWarning = loop.now &+ 10_000_000_000
        logger.warning(
            "proof of a person could not be checked",
            metadata: ["reason": "\(reason)", "requests": settings.outage == .closed ? "refused" : "let through"])
    }

    package func close() async { await client?.close() }
}

extension HTTPField.Name {
    /// The answer of a client to the challenge of the service that checks it.
    package static let xChallengeResponse = constant("X-Challenge-Response")
}
