import Formats
import Testing

@testable import JWT

@Suite("Access tokens")
struct AccessTokenRulesTests {
    private let rules = AccessTokenRules(issuer: "https://shop.example", audience: "commerce")
    private static let secret = Array("0123456789abcdef0123456789abcdef".utf8)
    private static let other = Array("fedcba9876543210fedcba9876543210".utf8)

    private func token(
        _ claims: String, header: String = #"{"alg":"HS256","typ":"at+jwt"}"#, secret: [UInt8] = secret
    ) -> String {
        let signed = "\(Base64URL.encode(Array(header.utf8))).\(Base64URL.encode(Array(claims.utf8)))"
        return "\(signed).\(Base64URL.encode(SignedExamples.hmac(Array(signed.utf8), secret)))"
    }

    private func refusal(_ text: String, keys: [JSONWebKey]? = nil, at now: Int64 = 1_000) -> String? {
        do {
            _ = try rules.verify(text.utf8, keys: keys ?? [JSONWebKey(secret: Self.secret)], at: now)
            return nil
        } catch {
            return error.description
        }
    }

    private static let good = #""iss":"https://shop.example","aud":"commerce","sub":"s","exp":1600,"nbf":1000"#

    @Test("a token needs the issuer, the audience, a subject and its times; each is checked")
    func claims() {
        #expect(refusal(token("{\(Self.good)}")) == nil)
        #expect(refusal(token("{\(Self.good),\"iat\":1000,\"x\":{\"y\":[1.5,null]}}")) == nil)
        #expect(refusal(token("{\(Self.good.replacing("\"commerce\"", with: "[\"a\",\"commerce\"]"))}")) == nil)
        let refused: [(String, String, String)] = [
            (#""https://shop.example""#, #""https://shop.example/""#, "the token has another issuer"),
            (#""https://shop.example""#, "1", "the claim \"iss\" is not a string"),
            (#""iss":"https://shop.example","#, "", "the token has another issuer"),
            (#""commerce""#, #""Commerce""#, "the token is for another audience"),
            (#""commerce""#, "[]", "the token is for another audience"),
            (#""commerce""#, #"["commerce",1]"#, "the claim \"aud\" is not a string or an array of strings"),
            (#""aud":"commerce","#, "", "the token is for another audience"),
            (#""sub":"s","#, "", "the claim \"sub\" is missing"), (#""s""#, #""""#, "the claim \"sub\" is missing"),
            (#","exp":1600"#, "", "the claim \"exp\" is missing"), (#","nbf":1000"#, "", "the claim \"nbf\" is missing"),
            ("1600", "\"1600\"", "the claim \"exp\" is not a number of whole seconds"),
            ("1600", "1600.5", "the claim \"exp\" is not a number of whole seconds"),
            ("1600", "1e9", "the claim \"exp\" is not a number of whole seconds"),
            ("1600", "99999999999999999999", "the claim \"exp\" is not a number of whole seconds"),
            ("1600", "-1", "the claim \"exp\" is not a number of whole seconds"),
            ("1600", "995", "the token has expired"), ("1000", "1006", "the token is not valid yet"),
        ]
        for (part, replacement, reason) in refused {
            #expect(refusal(token("{\(Self.good.replacing(part, with: replacement))}")) == reason, "\(part) \(replacement)")
        }
        for claims in ["", "[]", "1", "{", "{\(Self.good),\"exp\":1600}", "{\(Self.good),\"iat\":\"now\"}", "{\(Self.good)} ,"] {
            #expect(refusal(token(claims)) != nil, "\(claims)")
        }
        // The clocks of two tasks differ a little.
        for (now, isValid) in [(994, false), (995, true), (1_604, true), (1_605, false), (Int64.max, false), (.min, false)] {
            #expect((refusal(token("{\(Self.good)}"), at: Int64(now)) == nil) == isValid, "\(now)")
        }
    }

    @Test("a token of another kind, or one that brings or names a key, is refused")
    func headers() {
        for header in [
            #"{"alg":"HS256"}"#, #"{"alg":"HS256","typ":"JWT"}"#, #"{"alg":"HS256","typ":"AT+JWT"}"#,
            #"{"alg":"HS256","typ":"at+jwt","jwk":{"kty":"oct","k":"AA"}}"#,
            #"{"alg":"HS256","typ":"at+jwt","jku":"https://e.example"}"#,
            #"{"alg":"HS256","typ":"at+jwt","x5u":"https://e.example"}"#, #"{"alg":"HS256","typ":"at+jwt","x5c":[]}"#,
            #"{"alg":"HS256","typ":"at+jwt","kid":"a"}"#, #"{"alg":"HS256","typ":"at+jwt","kid":"../../dev/null"}"#,
            #"{"alg":"HS512","typ":"at+jwt"}"#, #"{"alg":"none","typ":"at+jwt"}"#,
        ] { #expect(refusal(token("{\(Self.good)}", header: header)) != nil, "\(header)") }
    }

    @Test("while a secret rotates, tokens of both are valid; a key that is named is the only one that counts")
    func keys() {
        let keys = [JSONWebKey(secret: Self.secret, keyID: "new"), JSONWebKey(secret: Self.other, keyID: "old")]
        for (secret, id) in [(Self.secret, "new"), (Self.other, "old")] {
            #expect(refusal(token("{\(Self.good)}", secret: secret), keys: keys) == nil)
            for name in ["new", "old", "none"] {
                let text = token("{\(Self.good)}", header: #"{"alg":"HS256","typ":"at+jwt","kid":"\#(name)"}"#, secret: secret)
                #expect((refusal(text, keys: keys) == nil) == (name == id))
            }
        }
        #expect(refusal(token("{\(Self.good)}"), keys: []) != nil)
        #expect(refusal(token("{\(Self.good)}", secret: Self.other)) == "the signature is wrong")
    }
}
