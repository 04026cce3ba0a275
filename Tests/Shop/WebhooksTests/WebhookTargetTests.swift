import Events
import Formats
import Foundation
import HTTPClient
import TestSupport
import Testing
import Web

@testable import Webhooks

/// Deliveries to a real receiver in a second process, which verifies each request with another implementation.
@Suite("Webhook deliveries")
struct WebhookTargetTests {
    private static let keys = EncryptionKeys(secret: "0123456789abcdef0123456789abcdef")

    private static var settings: WebhookSettings {
        var settings = WebhookSettings()
        settings.allowsPrivate = true
        settings.userAgent = "commerce/9.9"
        return settings
    }

    private static func target(_ url: String, _ secrets: WebhookSecrets, sealedWith keys: EncryptionKeys = keys) -> EventTarget {
        let id = UUID.v7()
        return EventTarget(id: id, kind: .webhook, address: url, events: ["*"], secrets: secrets.sealed(for: id, keys))
    }

    private static func deliver(
        _ event: Event, to target: EventTarget, _ settings: WebhookSettings = settings
    ) async throws -> DeliveryOutcome {
        nonisolated(unsafe) var outcome: DeliveryOutcome?
        try await LoopRun.run { loop in
            let client = HTTPClient(loop: loop, logger: LoopRun.quiet)
            outcome = await WebhookTarget(target, client: client, keys: keys, settings: settings).deliver([event]).first
            await client.close()
        }
        return try #require(outcome)
    }

    @Test("a receiver of the standard accepts a delivery, and gets the event with all that orders it")
    func delivered() async throws {
        let receiver = try await onOwnThread { try WebhookReceiver() }
        let secret = WebhookSecret()
        try receiver.setSecrets([WebhookSecret().reveal(), secret.reveal()])
        let event = WebhookMessageTests.event(#"{"name":"Déjà vu 🌒"}"#, trace: "4bf92f3577b34da6a3ce929d0e0e4736")
        let target = Self.target(receiver.url("/orders?token=1"), WebhookSecrets(secret))
        guard case .delivered(let report) = try await Self.deliver(event, to: target) else {
            Issue.record("it was not delivered")
            return
        }
        #expect(report.status == 204 && report.error == nil && report.answer == nil)
        let request = try #require(receiver.requests.first)
        #expect(receiver.requests.count == 1 && request.verified == [false, true] && request.path == "/orders?token=1")
        #expect(request.headers["webhook-id"] == event.id.uuidString.lowercased())
        #expect(request.headers["user-agent"] == "commerce/9.9" && request.headers["content-type"] == "application/json")
        #expect(request.headers["traceparent"]?.contains("4bf92f3577b34da6a3ce929d0e0e4736") == true)
        #expect(request.body == String(decoding: WebhookMessage(event).body, as: UTF8.self))
    }

    @Test("while a secret rotates, a receiver with either one accepts; afterwards only with the new one")
    func rotation() async throws {
        let receiver = try await onOwnThread { try WebhookReceiver() }
        let (old, new) = (WebhookSecret(), WebhookSecret())
        try receiver.setSecrets([old.reveal(), new.reveal()])
        var secrets = WebhookSecrets(old)
        secrets.rotate(to: new, keepingUntil: .now + .seconds(3_600))
        _ = try await Self.deliver(WebhookMessageTests.event(), to: Self.target(receiver.url(), secrets))
        var over = WebhookSecrets(old)
        over.rotate(to: new, keepingUntil: .now - .seconds(1))
        _ = try await Self.deliver(WebhookMessageTests.event(), to: Self.target(receiver.url(), over))
        #expect(receiver.requests.map(\.verified) == [[true, true], [false, true]])
        #expect(receiver.requests.map { $0.headers["webhook-signature"]?.split(separator: " ").count } == [2, 1])
    }

    @Test("what a receiver answers decides the outcome, and the log shows what it said, without secrets")
    func outcomes() async throws {
        let receiver = try await onOwnThread { try WebhookReceiver() }
        let secret = WebhookSecret()
        try receiver.setSecrets([secret.reveal()])
        func deliver(_ path: String, _ settings: WebhookSettings = Self.settings) async throws -> DeliveryOutcome {
            let target = Self.target(receiver.url(path + "?token=hunter2"), WebhookSecrets(secret))
            let outcome = try await Self.deliver(WebhookMessageTests.event(), to: target, settings)
            let text = "\(outcome)"
            #expect(!text.contains("hunter2") && !text.contains(secret.reveal()), "\(path): \(text)")
            #expect(outcome.report.error?.contains("\n") != true)
            return outcome
        }
        if case .gone(let report) = try await deliver("/gone") {
            #expect(report.status == 410 && report.answer == "no more, please")
        } else {
            Issue.record("410 is not gone")
        }
        if case .failed(let report, nil) = try await deliver("/redirect") {
            #expect(report.status == 302 && report.error?.contains("redirects are not followed") == true)
        } else {
            Issue.record("a redirect is not a failure")
        }
        if case .failed(let report, nil) = try await deliver("/fails") {
            #expect(report.status == 500 && report.answer == "[31mbroken[0m  \u{FFFD} by whsec_***")
        } else {
            Issue.record("500 is not a failure")
        }
        if case .failed(_, let retry) = try await deliver("/busy") { #expect(retry == .seconds(7)) } else { Issue.record("429") }
        if case .failed(_, let retry) = try await deliver("/busy-until") {
            #expect(retry == RetryAfter.longest)
        } else {
            Issue.record("503")
        }
        if case .delivered(let report) = try await deliver("/long") {
            #expect(report.answer == String(repeating: "ä", count: 512))
        } else {
            Issue.record("a long answer is a success")
        }
        var impatient = Self.settings
        impatient.timeout = .milliseconds(300)
        if case .failed(let report, nil) = try await deliver("/slow", impatient) {
            #expect(report.status == nil && report.error != nil)
        } else {
            Issue.record("no answer in time is not a failure")
        }
        if case .failed(let report, nil) = try await deliver("/closes") {
            #expect(report.status == nil && report.error != nil)
        } else {
            Issue.record("a closed connection is not a failure")
        }
        receiver.stop()
        if case .failed(let report, nil) = try await deliver("/") {
            #expect(report.status == nil && report.error != nil)
        } else {
            Issue.record("a refused connection is not a failure")
        }
        // Each was asked once: a redirect leads nowhere.
        #expect(receiver.requests.allSatisfy { $0.path.contains("hunter2") })
    }

    @Test("nothing is sent to an address that is not public, unless that is allowed, whatever name leads there")
    func publicOnly() async throws {
        let receiver = try await onOwnThread { try WebhookReceiver() }
        let secret = WebhookSecret()
        try receiver.setSecrets([secret.reveal()])
        var strict = Self.settings
        strict.allowsPrivate = false
        for url in [
            receiver.url(), "https://127.0.0.1:8443/", "https://localhost/", "http://localhost:\(receiver.port)/",
            "https://[::ffff:127.0.0.1]/", "https://2130706433/",
        ] {
            let outcome = try await Self.deliver(
                WebhookMessageTests.event(), to: Self.target(url, WebhookSecrets(secret)), strict)
            guard case .failed(let report, nil) = outcome else {
                Issue.record("\(url): \(outcome)")
                continue
            }
            #expect(report.error?.hasPrefix("the URL ") == true, "\(url): \(outcome)")
        }
        #expect(receiver.requests.isEmpty)
        // A name that leads inside is found by the client, when it opens the socket.
        try await LoopRun.run { loop in
            let client = HTTPClient(loop: loop, logger: LoopRun.quiet)
            for (settings, policy) in [(strict, AddressPolicy.publicOnly), (Self.settings, .any)] {
                let target = Self.target("https://example.com/", WebhookSecrets(secret))
                let request = WebhookTarget(target, client: client, keys: Self.keys, settings: settings)
                    .request(WebhookMessage(WebhookMessageTests.event()), at: .now, secrets: [secret])
                #expect(request.addresses == policy)
            }
            for url in ["https://localhost:8443/", "https://ip6-localhost:8443/"] {
                let request = HTTPClientRequest(method: "POST", url: url, addresses: .publicOnly)
                do {
                    _ = try await client.send(request)
                    Issue.record("\(url) was reached")
                } catch let error as HTTPClientError {
                    #expect([.refusedAddress, .resolution].contains(error.kind), "\(url): \(error)")
                }
            }
            await client.close()
        }
    }

    @Test("a secret that cannot be opened fails the delivery with a reason, and nothing is sent")
    func unreadable() async throws {
        let receiver = try await onOwnThread { try WebhookReceiver() }
        let target = Self.target(receiver.url(), WebhookSecrets(WebhookSecret()), sealedWith: EncryptionKeys(secret: "another"))
        guard case .failed(let report, nil) = try await Self.deliver(WebhookMessageTests.event(), to: target) else {
            Issue.record("it does not fail")
            return
        }
        #expect(report.error?.contains("ENCRYPTION_KEY") == true && receiver.requests.isEmpty)
    }
}
