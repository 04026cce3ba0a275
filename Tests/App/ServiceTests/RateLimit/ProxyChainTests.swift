import Foundation
import TestSupport
import Testing

/// A content network before a load balancer before the service, all of them real: the client is the viewer.
@Suite("Behind two proxies", .serialized)
struct ProxyChainTests {
    private static let secret = "a-secret-that-only-the-edge-may-know"
    private static let limits = ["RATE_LIMIT": "on", "RATE_LIMIT_WRITES": "3", "RATE_LIMIT_READS": "1000", "LOG_LEVEL": "info"]
    private static let edgeAddress = "127.0.1.1", balancerAddress = "127.0.2.1"
    private static let viewers = ["127.0.3.1", "127.0.3.2", "127.0.3.3"]

    /// The proxies before a service.
    private struct Chain {
        let edge: ForwardingProxy
        let balancer: ForwardingProxy

        /// - Parameter tellsViewer: whether the edge adds CloudFront-Viewer-Address
        init(_ service: ServiceProcess, secret: String?, tellsViewer: Bool = true) throws {
            balancer = try ForwardingProxy(from: balancerAddress, to: service.port) { fields, client, _ in
                ForwardingProxy.appending(client, to: fields)
            }
            edge = try ForwardingProxy(from: edgeAddress, to: balancer.port) { fields, client, port in
                var fields = fields.filter {
                    let name = $0.name.lowercased()
                    return name != "x-origin-verify" && !(tellsViewer && name == "cloudfront-viewer-address")
                }
                if let secret { fields.append(("X-Origin-Verify", Array(secret.utf8))) }
                if tellsViewer { fields.append(("CloudFront-Viewer-Address", Array("\(client):\(port)".utf8))) }
                return ForwardingProxy.appending(client, to: fields)
            }
        }
    }

    private static let forged: [ForwardingProxy.Fields] = [
        [], [("X-Forwarded-For", Array("127.0.3.9".utf8))], [("CloudFront-Viewer-Address", Array("127.0.3.9:80".utf8))],
        [("X-Forwarded-For", [0xff]), ("x-forwarded-for", Array("127.0.3.9, 127.0.3.8".utf8))],
        [
            ("X-Origin-Verify", Array("a-secret-that-only-the-edge-may-kno".utf8)),
            ("CloudFront-Viewer-Address", Array("127.0.3.9:80".utf8)),
        ],
    ]

    /// What each of so many writes of a viewer is answered.
    private static func writes(_ count: Int, from viewer: String, to port: UInt16) async throws -> [String] {
        try await onOwnThread {
            try (0..<count).map { number in
                let fields =
                    forged[number % forged.count] + [
                        ("X-Request-Id", Array("\(viewer)-\(number)".utf8)), ("Content-Length", [0x30]),
                    ]
                return String(
                    try ForwardingProxy.request(from: viewer, to: port, "POST", "/v1/carts", fields).dropFirst(9).prefix(3))
            }
        }
    }

    /// That three viewers are three clients, whatever they claim.
    private static func expectThreeClients(_ settings: [String: String], secret: String?, tellsViewer: Bool = true) async throws {
        let stage = try Stage()
        let service = try await stage.serve(limits.merging(settings) { $1 })
        try await service.waitUntilWell()
        let chain = try Chain(service, secret: secret, tellsViewer: tellsViewer)
        for viewer in viewers {
            let answers = try await writes(5, from: viewer, to: chain.edge.port)
            #expect(answers == ["201", "201", "201", "429", "429"], "\(viewer)")
        }
        let log = try await log(of: service)
        for viewer in viewers {
            for number in 0..<5 {
                let line = try #require(log.first { $0.contains("\"\(viewer)-\(number)\"") })
                #expect(line.contains("\"\(viewer)\""), "\(line)")
            }
        }
        #expect(!log.contains { $0.contains(self.secret) || $0.contains("a-secret-of-the-edge") })
    }

    /// The service's lines, all of them.
    private static func log(of service: ServiceProcess) async throws -> [String] {
        try await onOwnThread {
            _ = try service.terminate()
            return (service.standardOutput + service.standardError).split(separator: "\n").map(String.init)
        }
    }

    @Test("the viewer's address beside the secret") func secret() async throws {
        try await Self.expectThreeClients(
            ["TRUSTED_PROXIES": Self.balancerAddress, "ORIGIN_VERIFY_SECRET": Self.secret], secret: Self.secret)
    }

    @Test("the same while the secret changes") func changingSecret() async throws {
        let settings = ["ORIGIN_VERIFY_SECRET": "the-next-secret-of-the-edge", "ORIGIN_VERIFY_SECRET_PREVIOUS": Self.secret]
        try await Self.expectThreeClients(settings, secret: Self.secret)
    }

    @Test("a number of proxies beside the secret, where the edge passes a viewer's CloudFront-Viewer-Address on")
    func hopsAndSecret() async throws {
        try await Self.expectThreeClients(
            ["TRUSTED_PROXIES": "127.0.2.0/24", "TRUSTED_HOPS": "2", "ORIGIN_VERIFY_SECRET": Self.secret], secret: Self.secret,
            tellsViewer: false)
    }

    @Test("a number of proxies alone") func hops() async throws {
        try await Self.expectThreeClients(["TRUSTED_HOPS": "2"], secret: nil, tellsViewer: false)
    }

    @Test("a list of both proxies") func list() async throws {
        try await Self.expectThreeClients(["TRUSTED_PROXIES": "127.0.1.1,127.0.2.1"], secret: nil, tellsViewer: false)
    }

    @Test("who goes around the edge is itself, whatever it claims") func around() async throws {
        let stage = try Stage()
        let settings = ["TRUSTED_PROXIES": Self.balancerAddress, "TRUSTED_HOPS": "2", "ORIGIN_VERIFY_SECRET": Self.secret]
        let service = try await stage.serve(Self.limits.merging(settings) { $1 })
        try await service.waitUntilWell()
        let chain = try Chain(service, secret: Self.secret)
        let byBalancer = try await Self.writes(5, from: Self.viewers[0], to: chain.balancer.port)
        #expect(byBalancer == ["201", "201", "201", "429", "429"])
        let direct = try await Self.writes(5, from: Self.viewers[1], to: service.port)
        #expect(direct == ["201", "201", "201", "429", "429"])
        // A viewer that comes by the edge is neither.
        #expect(try await Self.writes(1, from: Self.viewers[2], to: chain.edge.port) == ["201"])
        let log = try await Self.log(of: service)
        for (viewer, number) in [(Self.viewers[0], 1), (Self.viewers[1], 4), (Self.viewers[2], 0)] {
            #expect(log.contains { $0.contains("\"\(viewer)-\(number)\"") && $0.contains("\"\(viewer)\"") })
        }
    }
}
