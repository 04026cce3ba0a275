import Prometheus
import TestSupport
import Testing

@testable import HTTPServer

/// What a server counts of its clients.
@Suite struct MetricsTests {
    private let registry = PrometheusRegistry()

    private func count(_ series: String) throws -> Double? { try MetricsScrape(registry.text())[series] }

    private static let faults = [
        "malformed": "GET / HTTP/1.1\r\n\r\n",
        "incomplete": "GET /",
        "body_too_large": "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n",
        "target_too_long": "GET /\(String(repeating: "x", count: 20_000)) HTTP/1.1\r\n",
        "header_too_large": "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 20_000))\r\n\r\n",
        "expectation": "GET / HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\nContent-Length: 1\r\n\r\nx",
        "not_implemented": "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "version": "GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    ]

    @Test(arguments: ParseErrorKind.allCases.map(\.rawValue))
    func whatCannotBeReadIsCountedByKind(kind: String) async throws {
        let bytes = try #require(Self.faults[kind])
        try await RunningServer.with(metrics: ServerMetrics(factory: registry)) { running in
            let text = try await onOwnThread {
                let socket = try RawSocket(port: running.port)
                // Refused before all of it is read, perhaps.
                try? socket.send(bytes)
                socket.finishSending()
                return String(decoding: try socket.readToEnd(), as: UTF8.self)
            }
            #expect(text.hasPrefix("HTTP/1.1 "))
            try #expect(count("http_server_parse_errors_total{kind=\"\(kind)\"}") == 1)
            try #expect(MetricsScrape(registry.text()).sum("http_server_parse_errors_total") == 1)
        }
    }

    @Test func everyResponseByteAndEveryConnectionIsCounted() async throws {
        try await RunningServer.with(metrics: ServerMetrics(factory: registry)) { running in
            var received = 0
            for path in ["/", "/large/200000", "/status/204"] {
                received += try await running.talk("GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").utf8.count
            }
            #expect(received > 200_000)
            try #expect(count("http_server_response_bytes_total") == Double(received))
            try #expect(count("http_server_connections_accepted_total") == 3)
        }
    }

    @Test func aConnectionBeyondTheLimitCountsAsRefused() async throws {
        try await RunningServer.with({ $0.maximumConnections = 1 }, metrics: ServerMetrics(factory: registry)) { running in
            let first = try await running.connect()
            #expect(try await running.eventually { running.server.openConnections == 1 })
            #expect(try await running.talk("").hasPrefix("HTTP/1.1 503 "))
            try #expect(count("http_server_connections_refused_total{reason=\"connections\"}") == 1)
            try #expect(count("http_server_connections_accepted_total") == 1)
            withExtendedLifetime(first) {}
        }
    }

    @Test func slowHeadsAndSlowBodiesAreCountedSeparately() async throws {
        let settings: (inout ServerConfiguration) -> Void = {
            ($0.headerTimeout, $0.minimumRateWindow) = (.milliseconds(300), .milliseconds(300))
        }
        try await RunningServer.with(settings, metrics: ServerMetrics(factory: registry)) { running in
            #expect(try await running.talk("GET / HT").hasPrefix("HTTP/1.1 408 "))
            #expect(try await running.talk("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n").hasPrefix("HTTP/1.1 408 "))
            #expect(try await running.talk("").isEmpty)
            try #expect(count("http_server_timeouts_total{phase=\"head\"}") == 1)
            try #expect(count("http_server_timeouts_total{phase=\"body\"}") == 1)
            try #expect(MetricsScrape(registry.text()).sum("http_server_parse_errors_total") == 0)
        }
    }
}
