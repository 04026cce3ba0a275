import Accounts
import EventLoop
import Formats
import FoundationEssentials
import Glibc
import JWT
import Logging
import OpenIDConnect
import Web

// What verifying an access token costs, in microseconds of CPU: `token-benchmark ROUNDS PEM` prints a line for each way, a name and
// a figure. PEM is a private key on the curve P-256. Each verification is of another token of many, except those from the cache.

let arguments = CommandLine.arguments
guard arguments.count == 3, let rounds = Int(arguments[1]), rounds > 0,
    let pem = FileManager.default.contents(atPath: arguments[2]),
    let elliptic = try? SigningKey(pem: String(decoding: pem, as: UTF8.self))
else {
    print("usage: token-benchmark ROUNDS PEM")
    exit(64)
}
let secret = SigningKey(secret: Array("a secret of the benchmark, 32 bytes or more".utf8))

/// Microseconds of CPU that the process has used.
func cpu() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
}

func measure(_ name: String, _ verifications: Int, _ body: (Int) -> Bool) {
    let began = cpu()
    for number in 0..<verifications {
        guard body(number) else {
            print("\(name): a token was refused")
            exit(70)
        }
    }
    print("\(name)\t\((cpu() - began) / Double(verifications))")
}

func makeVerifier(_ key: SigningKey, cacheEntries: Int) throws -> (TokenVerifier, [[UInt8]]) {
    let tokens = AccessTokens(
        keys: [key.verificationKey], signingKey: key,
        rules: AccessTokenRules(issuer: "https://shop.example", audience: "commerce"),
        lifetime: .seconds(600))
    let many = (0..<1_000).map { _ in
        let claims = AccessTokens.Claims(principal: Principal(account: .v7(at: .now), session: .v7(at: .now)), epoch: 0)
        return Array((tokens.issue(claims) ?? "").utf8)
    }
    let none = try IssuerDirectory([], settings: IssuerKeySettings(), logger: Logger(label: "bench"))
    let issuers = ExternalIssuers([], none, leeway: .seconds(60))
    return (TokenVerifier(tokens: tokens, issuers: issuers, cacheEntries: cacheEntries), many)
}

for (name, key, cacheEntries) in [
    ("HS256", secret, 0), ("ES256", elliptic, 0), ("ES256, cached", elliptic, 10_000),
] {
    let (verifier, tokens) = try makeVerifier(key, cacheEntries: cacheEntries)
    for token in tokens where !verifier.isValid(token) {
        print("\(name): a token was refused")
        exit(70)
    }
    measure(name, rounds) { verifier.isValid(tokens[$0 % tokens.count]) }
}
