import Foundation
import TestSupport
import Testing

/// `commerce token verify`, the built program.
@Suite("commerce token")
struct TokenCommandTests {
    private static let secret = "0123456789abcdef0123456789abcdef"

    private func verify(_ token: String, _ arguments: [String] = [], _ environment: [String: String] = [:]) throws -> Command {
        let test = try TestEnvironment.read()
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(token.utf8).write(to: file)
        return try Command.run(
            ["/bin/sh", "-c", #"exec "$0" token verify "$@" <"$TOKEN_FILE""#, test.commerce] + arguments,
            environment: Command.plain.merging(environment) { _, given in given }.merging(["TOKEN_FILE": file.path]) { $1 },
            directory: test.root, seconds: 30)
    }

    private func token(_ claims: [String: Any]) throws -> String {
        func part(_ data: Data) -> String {
            data.base64EncodedString().replacing("=", with: "").replacing("+", with: "-").replacing("/", with: "_")
        }
        let signed = try [Data(#"{"alg":"HS256","typ":"at+jwt"}"#.utf8), JSONSerialization.data(withJSONObject: claims)].map(part)
            .joined(separator: ".")
        let done = try Command.run(
            ["/bin/sh", "-c", "printf %s \"$0\" | openssl dgst -sha256 -hmac \"$1\" -binary | base64", signed, Self.secret],
            environment: Command.plain, directory: "/", seconds: 30)
        return "\(signed).\(part(try #require(Data(base64Encoded: done.output.trimmingCharacters(in: .newlines)))))"
    }

    @Test("an access token of the shop is valid until it expires, for its issuer and audience, with either secret")
    func access() async throws {
        try await onOwnThread {
            let now = Int(Date().timeIntervalSince1970)
            let claims: [String: Any] = ["iss": "commerce", "aud": "commerce", "sub": "1", "nbf": now, "exp": now + 600]
            let text = try token(claims)
            for environment in [
                ["JWT_SECRET": Self.secret],
                ["JWT_SECRET": String(repeating: "x", count: 40), "JWT_SECRET_PREVIOUS": Self.secret],
            ] {
                for end in ["", "\n", "\r\n"] {
                    let done = try verify(text + end, [], environment)
                    #expect(done.status == .exited(0) && done.error.isEmpty, "\(done.error)")
                    let printed = try JSONSerialization.jsonObject(with: Data(done.output.utf8)) as? [String: Any]
                    #expect(printed?["sub"] as? String == "1" && printed?["exp"] as? Int == now + 600)
                }
            }
            let refused: [(String, [String: String], String)] = [
                (text, ["PUBLIC_URL": "https://shop.example"], "the token has another issuer"),
                (text, ["TOKEN_ISSUER": "x"], "the token has another issuer"),
                (text, ["TOKEN_AUDIENCE": "x"], "the token is for another audience"),
                (text, ["JWT_SECRET": String(repeating: "y", count: 32)], "the signature is wrong"),
                (try token(claims.merging(["exp": now - 60]) { $1 }), [:], "the token has expired"),
                (text + " ", [:], "the token is not a signed JWT"), ("", [:], "the token is not a signed JWT"),
                (String(repeating: "a.", count: 100_000), [:], "the token is longer than 16384 bytes"),
            ]
            for (text, environment, reason) in refused {
                let done = try verify(text, [], ["JWT_SECRET": Self.secret].merging(environment) { $1 })
                #expect(done.status == .exited(1) && done.output.isEmpty, "\(reason)")
                #expect(done.error.hasPrefix("commerce: \(reason)"), "\(done.error)")
            }
            for secret in ["", "short"] {
                let done = try verify(text, [], ["JWT_SECRET": secret])
                #expect(done.status == .exited(78) && done.error.contains("JWT_SECRET"), "\(done.error)")
            }
        }
    }

    @Test("a key of a file replaces the settings, and the signature can be checked alone")
    func key() async throws {
        try await onOwnThread {
            let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
            defer { try? FileManager.default.removeItem(at: file) }
            let text = try token(["anything": true])
            func verify(_ key: String, _ arguments: String...) throws -> Command {
                try Data(key.utf8).write(to: file)
                return try self.verify(text, ["--jwk", file.path] + arguments)
            }
            let good = #"{"kty":"oct","k":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"}"#
            let done = try verify(good, "--signature-only")
            #expect(done.status == .exited(0) && done.output == "{\"anything\":true}\n")
            #expect(try verify(good).error == "commerce: the token has another issuer\n")
            for key in [good.replacing("ZWY", with: "ZWc"), good.replacing("oct", with: "RSA"), "", "[]", "{"] {
                let done = try verify(key, "--signature-only")
                #expect(done.status == .exited(1) && done.output.isEmpty && done.error.hasPrefix("commerce: "), "\(key)")
            }
            try FileManager.default.removeItem(at: file)
            #expect(try self.verify(text, ["--jwk", file.path]).status == .exited(66))
        }
    }

    @Test("a signature of an RSA key is checked with its public key, and with no other one")
    func rsa() async throws {
        try await onOwnThread {
            let files = try ScratchDirectory("rsa")
            func part(_ data: Data) -> String {
                data.base64EncodedString().replacing("=", with: "").replacing("+", with: "-").replacing("/", with: "_")
            }
            /// A key of the openssl program, as JWK.
            func makeKey(_ name: String, bits: Int) throws -> String {
                let pem = files.path + "/\(name).pem"
                try Command.check(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:\(bits)", "-out", pem])
                let modulus = try Command.check(["openssl", "rsa", "-in", pem, "-noout", "-modulus"])
                let digits = Array(modulus.drop { $0 != "=" }.dropFirst().filter(\.isHexDigit))
                let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
                    UInt8(String(digits[$0..<($0 + 2)]), radix: 16)
                }
                return try files.write(name + ".jwk", #"{"kty":"RSA","n":"\#(part(Data(bytes)))","e":"AQAB"}"#)
            }
            func signed(_ header: String, by name: String) throws -> String {
                let text = [header, #"{"anything":true}"#].map { part(Data($0.utf8)) }.joined(separator: ".")
                let message = try files.write("message", text)
                try Command.check([
                    "openssl", "dgst", "-sha256", "-sign", files.path + "/\(name).pem", "-out", files.path + "/signature",
                    message,
                ])
                return try text + "." + part(Data(contentsOf: URL(fileURLWithPath: files.path + "/signature")))
            }
            let (key, other, weak) = try (makeKey("a", bits: 2_048), makeKey("b", bits: 2_048), makeKey("c", bits: 1_024))
            let token = try signed(#"{"alg":"RS256","typ":"JWT"}"#, by: "a")
            let done = try verify(token, ["--jwk", key, "--signature-only"])
            #expect(done.status == .exited(0) && done.output == "{\"anything\":true}\n", "\(done.error)")
            #expect(try verify(token, ["--jwk", other, "--signature-only"]).error == "commerce: the signature is wrong\n")
            let short = try verify(signed(#"{"alg":"RS256"}"#, by: "c"), ["--jwk", weak, "--signature-only"])
            #expect(short.status == .exited(1) && short.error == "commerce: an RSA key must have 2,048 to 16,384 bits\n")
            // The same signature under another algorithm's name.
            for algorithm in ["RS512", "PS256", "ES256", "HS256", "none"] {
                let confused = try verify(signed(#"{"alg":"\#(algorithm)"}"#, by: "a"), ["--jwk", key, "--signature-only"])
                #expect(confused.status == .exited(1) && confused.output.isEmpty, "\(algorithm)")
            }
        }
    }
}
