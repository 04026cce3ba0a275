import EventLoop
import Foundation
import Prometheus
import Synchronization
import TLS
import Testing
import TestSupport

@testable import HTTPServer

/// The server on an encrypted port.
@Suite struct EncryptedConnectionTests {
    private static let get = "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

    private func serve(
        _ change: (inout ServerConfiguration) -> Void = { _ in }, metrics: ServerMetrics = .none,
        _ body: @escaping @Sendable (RunningServer, CertificateStore) throws -> Void
    ) async throws {
        let files = try ScratchDirectory("tls")
        let certificates = CertificateStore(try Self.context(in: files.path))
        func configure(_ configuration: inout ServerConfiguration) {
            configuration.tls = TLSListener(port: 0, certificates: certificates)
            change(&configuration)
        }
        try await RunningServer.with(configure, metrics: metrics) { running in
            try await onOwnThread { try body(running, certificates) }
        }
    }

    static func context(in directory: String) throws -> TLSServerContext {
        let made = try SelfSignedCertificate(in: directory)
        return try TLSServerContext(TLSIdentitySource.files(certificates: made.certificate, key: made.key).read())
    }

    @Test func everyExchangeHasTheSameResultOverTLS() async throws {
        try await serve { running, _ in
            for wire in WireCases.exchanges {
                let whole = try TLSTestSocket(port: running.server.tlsPort)
                let after = "GET /after HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                // The server may answer a rejected request, and close the connection, before everything is sent.
                try? whole.send(wire.sent.wire + Array(after.utf8))
                let drops = try TLSTestSocket(port: running.server.tlsPort)
                for byte in wire.sent.wire + Array(after.utf8) { try? drops.send([byte]) }
                for socket in [whole, drops] {
                    let replies = try WireReply.all(in: try socket.readToEnd()) { $0 == 0 && wire.sent.hasPrefix("HEAD ") }
                    #expect(replies.map(\.status) == wire.statuses + (wire.end == .kept ? [200] : []), "\(wire.name)")
                }
            }
        }
    }

    @Test func largeBodiesGoBothWays() async throws {
        try await serve({ $0.limits.body = 8 << 20 }) { running, _ in
            let socket = try TLSTestSocket(port: running.server.tlsPort)
            let body = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let head = "POST /echo/import HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\nConnection: close\r\n\r\n"
            try socket.send(Array(head.utf8) + body)
            let reply = try WireReply.all(in: try socket.readToEnd())
            #expect(reply.map(\.status) == [200])
            #expect(reply.first?.header("content-length") == "\(body.count)")
            // A client that reads late gets everything too.
            let late = try TLSTestSocket(port: running.server.tlsPort)
            try late.send("GET /large/20000000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            Thread.sleep(forTimeInterval: 0.3)
            #expect(try late.readToEnd().count > 20_000_000)
        }
    }

    @Test func versionsAndProtocolsAreNegotiated() async throws {
        try await serve { running, _ in
            func wish(_ change: (inout TLSTestSocket.Wish) -> Void) throws -> TLSTestSocket {
                var wish = TLSTestSocket.Wish()
                change(&wish)
                return try TLSTestSocket(port: running.server.tlsPort, wish)
            }
            #expect(throws: TestFailure.self) { try wish { $0.version = TLSTestSocket.Wish.version11 } }
            let old = try wish { $0.version = TLSTestSocket.Wish.version12 }
            try old.send(Self.get)
            #expect(String(decoding: try old.readToEnd(), as: UTF8.self).hasSuffix("/a"))
            #expect(try wish { $0.protocols = ["h2", "http/1.1"] }.chosenProtocol == "http/1.1")
            #expect(try wish { _ in }.chosenProtocol == "")
            #expect(throws: TestFailure.self) { try wish { $0.protocols = ["h2"] } }
        }
    }

    @Test func bytesThatAreNotTLSCloseTheConnectionAndCount() async throws {
        let registry = PrometheusRegistry(descriptions: [])
        try await serve(metrics: ServerMetrics(factory: registry)) { running, _ in
            for garbage in [
                "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\u{16}\u{3}\u{1}\0\u{5}hello", String(repeating: "\u{FF}", count: 5_000),
            ] {
                let socket = try RawSocket(port: running.server.tlsPort)
                try socket.send(garbage.wire)
                #expect(!String(decoding: (try? socket.readToEnd()) ?? [], as: UTF8.self).contains("HTTP"))
            }
            let good = try TLSTestSocket(port: running.server.tlsPort)
            try good.send(Self.get)
            _ = try good.readToEnd()
            let text = registry.text()
            #expect(text.contains("http_server_tls_handshakes_total{outcome=\"failed\"} 3"))
            #expect(text.contains("http_server_tls_handshakes_total{outcome=\"done\"} 1"))
        }
    }

    @Test func aHandshakeThatNeverArrivesTimesOut() async throws {
        try await serve({ $0.headerTimeout = .milliseconds(200) }) { running, _ in
            let silent = try RawSocket(port: running.server.tlsPort)
            let half = try RawSocket(port: running.server.tlsPort)
            try half.send([0x16, 3, 1, 2])
            for socket in [silent, half] { #expect(try socket.readToEnd().isEmpty) }
        }
    }

    @Test func aNewCertificateIsUsedForNewConnections() async throws {
        try await serve { running, certificates in
            let before = try TLSTestSocket(port: running.server.tlsPort)
            let files = try ScratchDirectory("tls")
            certificates.replace(with: try Self.context(in: files.path))
            let after = try TLSTestSocket(port: running.server.tlsPort)
            #expect(before.fingerprint != after.fingerprint)
            for socket in [before, after] {
                try socket.send(Self.get)
                #expect(String(decoding: try socket.readToEnd(), as: UTF8.self).hasSuffix("/a"))
            }
        }
    }

    /// A session under old keys cannot be resumed, in either version.
    @Test func newTicketKeysEndOldSessions() async throws {
        try await serve { running, certificates in
            for version in [nil, TLSTestSocket.Wish.version12] {
                func connect(_ session: TLSTestSocket.Session?) throws -> TLSTestSocket {
                    var wish = TLSTestSocket.Wish()
                    (wish.version, wish.resumed) = (version, session)
                    let socket = try TLSTestSocket(port: running.server.tlsPort, wish)
                    try socket.send(Self.get)
                    #expect(String(decoding: try socket.readToEnd(), as: UTF8.self).hasSuffix("/a"))
                    return socket
                }
                let first = try connect(nil)
                #expect(!first.isResumed)
                let second = try connect(first.session)
                #expect(second.isResumed)
                certificates.replace(with: try certificates.current.renewed())
                let third = try connect(second.session)
                #expect(!third.isResumed && third.fingerprint == first.fingerprint)
                #expect(try connect(third.session).isResumed)
            }
        }
    }

    /// Handshakes beyond the rate wait, and all are served in the end.
    @Test func handshakesAreRateLimited() async throws {
        try await serve({ $0.tls?.handshakeRate = 20 }) { running, _ in
            let began = ContinuousClock.now
            for _ in 0..<60 {
                let socket = try TLSTestSocket(port: running.server.tlsPort)
                try socket.send(Self.get)
                #expect(String(decoding: try socket.readToEnd(), as: UTF8.self).hasSuffix("/a"))
            }
            // Forty at once and twenty a second cannot be sixty in less.
            #expect(ContinuousClock.now - began >= .milliseconds(950))
            let plain = try RawSocket(port: running.port)
            try plain.send(Self.get)
            #expect(String(decoding: try plain.readToEnd(), as: UTF8.self).hasSuffix("/a"))
        }
    }

    private final class ClientName: Sendable { let name = Mutex("flood") }

    /// One address that connects without end gets its share, and others get theirs.
    @Test func oneClientCannotTakeAllHandshakes() async throws {
        let client = ClientName()
        let change: (inout ServerConfiguration) -> Void = {
            $0.tls?.handshakeRate = 16
            $0.maximumConnectionsPerClient = 500
            $0.client = { _ in client.name.withLock { $0 } }
        }
        let registry = PrometheusRegistry()
        @Sendable func refused() throws -> Double {
            try MetricsScrape(registry.text())["http_server_connections_refused_total{reason=\"client\"}"] ?? 0
        }
        try await serve(change, metrics: ServerMetrics(factory: registry)) { running, _ in
            // Beyond its share the client is refused, while the share of others is left.
            var attempts = 0
            while try refused() < 20, attempts < 5_000 {
                try RawSocket(port: running.server.tlsPort).close()
                attempts += 1
            }
            #expect(try refused() >= 20)
            client.name.withLock { $0 = "shopper" }
            let socket = try TLSTestSocket(port: running.server.tlsPort)
            try socket.send(Self.get)
            #expect(String(decoding: try socket.readToEnd(), as: UTF8.self).hasSuffix("/a"))
        }
    }

    @Test func bothPortsShutDownTogether() async throws {
        try await serve { running, _ in
            let idle = try TLSTestSocket(port: running.server.tlsPort)
            try idle.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try idle.receive()
            let ended = DispatchSemaphore(value: 0)
            Task {
                await running.server.finish(within: .seconds(20))
                ended.signal()
            }
            #expect((try? idle.receive()) == .some(nil), "no close_notify when the server shuts down")
            ended.wait()
            #expect(throws: TestFailure.self) { try TLSTestSocket(port: running.server.tlsPort) }
        }
    }
}
