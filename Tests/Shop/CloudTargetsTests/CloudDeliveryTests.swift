import AWS
import EventLoop
import Events
import Foundation
import Logging
import TestSupport
import Testing

@testable import CloudTargets

/// A message as a queue of the peer has it.
private struct TakenMessage: Decodable {
    let body: String
    let group: String?
    let duplicate: String?
    let type: String?
}

@Suite(.serialized) struct CloudDeliveryTests {
    let peer: PeerProcess

    init() throws { peer = try PeerProcess("aws_peer") }

    private var endpoint: String { get throws { "http://127.0.0.1:\(try peer.value("verified"))/" } }
    private let everything = [EventPattern("*")].compactMap { $0 }

    /// What a queue has got.
    private func messages(of queue: String) async throws -> [TakenMessage] {
        let port = try #require(UInt16(try peer.value("inspector")))
        let response = try await HTTPTestClient(port: port).request("GET", "/\(queue)")
        return try JSONDecoder().decode([TakenMessage].self, from: Data(response.body))
    }

    /// Delivers events to a destination on a loop of its own.
    private func deliver(
        _ events: [Event], to destination: CloudTargetSettings.Destination?, keys: AWSCredentials? = nil
    ) async throws -> [DeliveryOutcome] {
        let destination = try #require(destination)
        let source = AWSCredentialsSource.keys(keys ?? AWSCredentials(accessKey: "AKIDSTATIC", secretKey: "static/Secret+Key"))
        let loop = try EventLoop(label: "test.cloud")
        defer { loop.stop() }
        return try await withCheckedThrowingContinuation { continuation in
            loop.execute {
                loop.run {
                    let targets = CloudTargets(
                        loop: loop, settings: CloudTargetSettings(destinations: [destination], credentials: source),
                        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
                    let outcomes = await targets.delivery(to: destination.target)?.deliver(events) ?? []
                    await targets.close()
                    continuation.resume(returning: outcomes)
                }
            }
        }
    }

    private func sqs(_ name: String) throws -> CloudTargetSettings.Destination? {
        .sqs(url: try peer.value(name), patterns: everything, region: "eu-central-1", endpoint: try endpoint)
    }

    private func refusing(_ kind: String) throws -> CloudTargetSettings.Destination? {
        let endpoint = "http://127.0.0.1:\(try peer.value("refusing"))/\(kind)"
        return .sqs(url: "http://127.0.0.1/1/q", patterns: everything, region: "eu-central-1", endpoint: endpoint)
    }

    private func delivered(_ outcomes: [DeliveryOutcome]) -> Int {
        outcomes.count { if case .delivered = $0 { true } else { false } }
    }

    private func ids(_ texts: [String]) throws -> Set<String> {
        try Set(
            texts.map {
                try #require((try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])?["id"] as? String)
            })
    }

    @Test(
        "every event arrives at each kind of service, once, with its id",
        arguments: ["queue", "queue.fifo", "topic", "topic.fifo", "bus"])
    func arrival(kind: String) async throws {
        // A name as hostile as names may be, and more than one request.
        let name = #"{"name":"Ünïcode & <tags> \"quotes\" + = % \u0000 \\ 😀"}"#
        let events = (0..<25).map { Event.sample($0, type: $0 % 2 == 0 ? "order.placed" : "stock.low", payload: name) }
        let destination: CloudTargetSettings.Destination?
        let queue: String
        switch kind {
        case "queue", "queue.fifo": (destination, queue) = (try sqs(kind), kind.replacing("queue", with: "events"))
        case "topic", "topic.fifo":
            (destination, queue) = (
                .sns(arn: try peer.value(kind), patterns: everything, endpoint: try endpoint), "from-" + kind
            )
        default:
            (destination, queue) = (
                .eventBridge(bus: "shop", patterns: everything, region: "eu-central-1", endpoint: try endpoint), "from-bus"
            )
        }
        let outcomes = try await deliver(events, to: destination)
        #expect(delivered(outcomes) == 25, "\(outcomes)")
        if kind.hasSuffix(".fifo") {
            // A repeat carries the same id, and the service drops it.
            let again = try await deliver(events, to: destination)
            #expect(delivered(again) == 25)
        }
        let taken = try await messages(of: queue)
        #expect(taken.count == 25)
        let expected = Set(events.map { $0.id.uuidString.lowercased() })
        if kind == "bus" {
            let envelopes = try taken.map {
                try #require(try JSONSerialization.jsonObject(with: Data($0.body.utf8)) as? [String: Any])
            }
            #expect(Set(envelopes.compactMap { $0["detail-type"] as? String }) == ["order.placed", "stock.low"])
            #expect(envelopes.allSatisfy { $0["source"] as? String == "commerce" })
            #expect(Set(envelopes.compactMap { ($0["detail"] as? [String: Any])?["id"] as? String }) == expected)
            return
        }
        #expect(try ids(taken.map(\.body)) == expected)
        let areSame = Set(taken.map(\.body)) == Set(events.map { CloudMessage($0).text })
        #expect(areSame)
        if kind.hasPrefix("queue") { #expect(Set(taken.map(\.type)) == ["order.placed", "stock.low"]) }
        guard kind.hasSuffix(".fifo") else { return }
        let groups = Dictionary(
            uniqueKeysWithValues: events.map { ($0.id.uuidString.lowercased(), $0.aggregate.uuidString.lowercased()) })
        for message in taken {
            let id = try #require(try ids([message.body]).first)
            #expect(message.duplicate == id)
            #expect(message.group == groups[id])
        }
    }

    @Test("large events share requests only within the limit, and one that is too large is refused") func sizes() async throws {
        let large = "{\"text\":\"" + String(repeating: "x", count: 100_000) + "\"}"
        let tooLarge = "{\"text\":\"" + String(repeating: "x", count: 262_144) + "\"}"
        let events = (0..<5).map { Event.sample($0, payload: large) } + [.sample(6, payload: tooLarge), .sample(7)]
        let outcomes = try await deliver(events, to: sqs("queue"))
        #expect(outcomes.count == 7 && delivered(outcomes) == 6)
        guard case .refused(let report) = outcomes[5] else {
            Issue.record("\(outcomes[5])")
            return
        }
        #expect(report.error?.contains("262144") == true)
        let taken = try await messages(of: "events")
        #expect(taken.count == 6)
    }

    @Test("what a service says about a request or a message") func refusals() async throws {
        for kind in ["throttled", "expired", "away", "garbage"] {
            let outcomes = try await deliver([.sample(1), .sample(2)], to: refusing(kind))
            #expect(outcomes.count == 2)
            for outcome in outcomes {
                guard case .failed(let report, _) = outcome else {
                    Issue.record("\(kind): \(outcome)")
                    continue
                }
                #expect(report.error?.isEmpty == false)
            }
        }
        let partial = try await deliver((0..<5).map { .sample($0) }, to: refusing("partial"))
        guard case .refused(let first) = partial[0], case .failed = partial[1], case .failed(let third, _) = partial[2] else {
            Issue.record("\(partial)")
            return
        }
        #expect(first.error == "InvalidMessageContents: bad characters")
        #expect(third.error == "the service did not say whether it has taken the event")
        #expect(delivered(partial) == 2)
        // One message that a service does not like does not hold up the others.
        let poison = try await deliver(
            [.sample(1), .sample(2, payload: "{\"a\":\"poison\"}"), .sample(3)], to: refusing("picky"))
        #expect(delivered(poison) == 2)
        guard case .refused = poison[1] else {
            Issue.record("\(poison[1])")
            return
        }
    }

    @Test("a wrong key is an error that can be corrected, without the key in it") func wrongKey() async throws {
        let keys = AWSCredentials(accessKey: "AKIDSTATIC", secretKey: "opensesame")
        let outcomes = try await deliver([.sample()], to: sqs("queue"), keys: keys)
        guard case .failed(let report, _) = try #require(outcomes.first) else {
            Issue.record("\(outcomes)")
            return
        }
        #expect(report.status == 403)
        #expect(report.error == "InvalidSignatureException: another signature")
    }

    @Test("only the rows that settings name are delivered to") func rows() async throws {
        let destination = try #require(try sqs("queue"))
        #expect(destination.target.kind == .sqs && destination.target.id == EventTarget.configured(.sqs))
        #expect(destination.target.events == ["*"])
    }
}
