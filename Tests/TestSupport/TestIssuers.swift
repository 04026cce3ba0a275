import Foundation

/// Issuers of OpenID Connect in a process of their own, by another implementation than the shop's (Tests/Peers/oidc_issuer.py).
/// Each name is an issuer.
package final class TestIssuers: Sendable {
    private let peer: PeerProcess
    private let port: UInt16

    package init() throws {
        peer = try PeerProcess("oidc_issuer")
        guard let port = try UInt16(peer.value("port")) else { throw TestFailure("the issuers say no port") }
        self.port = port
    }

    /// The issuer's URL, as its tokens have it.
    package func url(_ name: String) -> String { "http://127.0.0.1:\(port)/\(name)" }

    private func post(_ path: String, _ body: [String: Any]) throws -> String {
        let data = try JSONSerialization.data(withJSONObject: body)
        let answer = try HTTPTestClient(port: port).request("POST", path, body: Array(data))
        guard answer.status == 200 else { throw TestFailure("\(path): \(answer.status) \(answer.text)") }
        return answer.text
    }

    /// How an issuer answers from now on: `good`, `down`, `redirect`, `garbage`, `huge`, `liar`, `slash`, `plain`, `lost`; and the
    /// names of the keys that it publishes.
    package func set(_ name: String, mode: String = "good", keys: [String] = ["rsa-1", "ec-1"]) throws {
        _ = try post("/\(name)/state", ["mode": mode, "keys": keys])
    }

    /// How often an issuer's keys were asked for.
    package func keyRequests(_ name: String) throws -> Int {
        let text = try HTTPTestClient(port: port).request("GET", "/\(name)/requests").text
        let counts = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Int]
        guard let count = counts?["keys"] else { throw TestFailure("no count: \(text)") }
        return count
    }

    /// A token with these claims beside, or in place of, `iss`, `sub`, `aud`, `iat`, `exp` and `jti`.
    /// - Parameters:
    ///   - key: `rsa-…` or `ec-…`; made at its first use
    ///   - header: members beside, or in place of, `alg` and `kid`
    package func token(
        _ name: String, subject: String, key: String = "rsa-1", _ claims: [String: TestClaim] = [:],
        header: [String: TestClaim] = [:]
    ) throws -> String {
        let now = Int(Date().timeIntervalSince1970)
        let all: [String: TestClaim] = [
            "iss": .text(url(name)), "sub": .text(subject), "aud": "shop", "iat": .number(now), "exp": .number(now + 3_600),
            // Two tokens of one second are two.
            "jti": .text(UUID().uuidString),
        ]
        let merged = all.merging(claims) { $1 }.filter { $0.value != .absent }
        return try post(
            "/\(name)/tokens", ["key": key, "header": header.mapValues(\.json), "claims": merged.mapValues(\.json)])
    }
}

/// The value of a claim, or of a member of a token's header.
package enum TestClaim: Sendable, Equatable {
    case text(String)
    case number(Int)
    case flag(Bool)
    case texts([String])
    /// The claim is left out.
    case absent

    fileprivate var json: Any {
        switch self {
        case .text(let text): text
        case .number(let number): number
        case .flag(let flag): flag
        case .texts(let texts): texts
        case .absent: NSNull()
        }
    }
}

extension TestClaim: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByNilLiteral {
    package init(stringLiteral text: String) { self = .text(text) }
    package init(booleanLiteral flag: Bool) { self = .flag(flag) }
    package init(arrayLiteral texts: String...) { self = .texts(texts) }
    package init(nilLiteral: ()) { self = .absent }
}
