import CoreMetrics
import HTTPTypes

/// A server's counters of its connections, and of requests that do not reach the responder.
package final class ServerMetrics: Sendable {
    /// The part of a request in which a client was too slow.
    enum Phase: String, CaseIterable { case head, body, write }
    /// Why a connection was refused.
    enum Shortage: String, CaseIterable { case connections, descriptors, client }
    /// What was kept for a client when the memory ran out.
    enum Holding: String, CaseIterable { case head, body, input, replies }

    let accepted: Counter
    let sentBytes: Counter
    /// TLS handshakes that succeeded, and that failed.
    let shookHands: Counter
    let failedToShakeHands: Counter
    private let limitReached: Counter
    private let noDescriptor: Counter
    private let tooManyOfClient: Counter
    private let evictions: [Holding: Counter]
    /// Idle connections that were closed to make room for others.
    let idleClosed: Counter
    private let slowHead: Counter
    private let slowBody: Counter
    private let slowWrite: Counter
    private let parseErrors: [ParseErrorKind: Counter]
    private let factory: any MetricsFactory

    /// - Parameter factory: makes the counters; by default that of the process.
    package init(factory: any MetricsFactory = MetricsSystem.factory) {
        self.factory = factory
        accepted = Counter(label: "http_server_connections_accepted_total", factory: factory)
        sentBytes = Counter(label: "http_server_response_bytes_total", factory: factory)
        let handshakes = { (outcome: String) in
            Counter(label: "http_server_tls_handshakes_total", dimensions: [("outcome", outcome)], factory: factory)
        }
        shookHands = handshakes("done")
        failedToShakeHands = handshakes("failed")
        let refused = { (reason: Shortage) in
            Counter(label: "http_server_connections_refused_total", dimensions: [("reason", reason.rawValue)], factory: factory)
        }
        limitReached = refused(.connections)
        noDescriptor = refused(.descriptors)
        tooManyOfClient = refused(.client)
        evictions = Dictionary(
            uniqueKeysWithValues: Holding.allCases.map { holding in
                let label = "http_server_buffer_evictions_total"
                return (holding, Counter(label: label, dimensions: [("holding", holding.rawValue)], factory: factory))
            })
        idleClosed = Counter(label: "http_server_connections_idle_closed_total", factory: factory)
        let timedOut = { (phase: Phase) in
            Counter(label: "http_server_timeouts_total", dimensions: [("phase", phase.rawValue)], factory: factory)
        }
        slowHead = timedOut(.head)
        slowBody = timedOut(.body)
        slowWrite = timedOut(.write)
        parseErrors = Dictionary(
            uniqueKeysWithValues: ParseErrorKind.allCases.map { kind in
                (kind, Counter(label: "http_server_parse_errors_total", dimensions: [("kind", kind.rawValue)], factory: factory))
            })
    }

    /// Counters for one loop, which shares no memory with the others while it counts.
    func ofOneLoop() -> ServerMetrics { ServerMetrics(factory: factory) }

    /// Metrics that count nothing.
    package static var none: ServerMetrics { ServerMetrics(factory: NOOPMetricsHandler.instance) }

    func refused(for shortage: Shortage) {
        switch shortage {
        case .connections: limitReached.increment()
        case .descriptors: noDescriptor.increment()
        case .client: tooManyOfClient.increment()
        }
    }

    func evicted(holding: Holding) { evictions[holding]?.increment() }

    func timedOut(in phase: Phase) {
        switch phase {
        case .head: slowHead.increment()
        case .body: slowBody.increment()
        case .write: slowWrite.increment()
        }
    }

    func parseFailed(_ kind: ParseErrorKind) { parseErrors[kind]?.increment() }
}
