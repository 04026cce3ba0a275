import Foundation
import TestSupport
import Testing

/// Starts issuers of OpenID Connect, and two services of a shop that trust them, for a suite; inspects the shop at the end.
struct IssuerShopTrait: SuiteTrait, TestScoping {
    /// Once for the whole suite.
    var isRecursive: Bool { false }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let issuers = try TestIssuers()
        try issuers.set("liar", mode: "liar")
        let files = try ScratchDirectory("issuers")
        let key = files.path + "/token.pem"
        try Command.check(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key])
        let shop = try Shop(goods: [Goods("POT", stock: 100)], environments: Self.environments(issuers, key: key))
        try await Shop.$running.withValue(shop) {
            try await IssuerShop.$running.withValue(issuers) { try await function() }
        }
        try await shop.inspect()
    }

    /// The first service may fetch keys each second, the second one once a minute.
    /// - Parameter key: the file of the private key that signs the shop's own tokens
    private static func environments(_ issuers: TestIssuers, key: String) throws -> [[String: String]] {
        func entry(_ name: String, _ more: [String: Any]) -> [String: Any] {
            (["issuer": issuers.url(name), "audience": "shop"] as [String: Any]).merging(more) { $1 }
        }
        let list = [
            entry("customers", ["email_domains": ["trusted.example"]]), entry("others", ["email_domains": ["trusted.example"]]),
            entry("staff", ["kind": "staff", "email_domains": ["trusted.example"]]),
            [
                "issuer": issuers.url("cognito"), "client_ids": ["client"], "kind": "staff",
                "roles": ["Bosses": "owner", "Desk": "support"],
            ],
            entry("turning", [:]), entry("failing", [:]), entry("flooded", [:]), entry("liar", [:]),
        ]
        let text = String(decoding: try JSONSerialization.data(withJSONObject: list), as: UTF8.self)
        return zip(AccountShop.environments, ["1s", "60s"]).map { environment, interval in
            environment.merging(["OIDC_ISSUERS": text, "OIDC_KEYS_INTERVAL": interval, "TOKEN_KEY_FILE": key]) { $1 }
        }
    }
}

enum IssuerShop {
    @TaskLocal static var running: TestIssuers?

    static var current: TestIssuers {
        get throws {
            guard let running else { throw TestFailure("the suite has no .issuerShop trait") }
            return running
        }
    }
}

extension Trait where Self == IssuerShopTrait {
    /// Two services that trust issuers of another process.
    static var issuerShop: IssuerShopTrait { IssuerShopTrait() }
}
