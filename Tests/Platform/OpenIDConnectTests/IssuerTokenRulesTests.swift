import Formats
import JWT
import Testing

@testable import OpenIDConnect

@Suite("Access tokens of issuers")
struct IssuerTokenRulesTests {
    private let rules = IssuerTokenRules(
        TrustedIssuer(issuer: "https://login.example", audiences: ["shop", "shop2"], clientIDs: ["web"]), leeway: .seconds(60))

    private static let good = #""iss":"https://login.example","sub":"s","aud":"shop","exp":2000,"iat":1000"#
    private static let cognito = #""iss":"https://login.example","sub":"s","client_id":"web","token_use":"access","exp":2000"#

    private func refusal(_ claims: String, header: String = #"{"alg":"RS256"}"#, at now: Int64 = 1_000) -> String? {
        let text = [header, "{\(claims)}", "signature"].map { Base64URL.encode(Array($0.utf8)) }.joined(separator: ".")
        do throws(JWTError) {
            let token = try JSONWebSignature(Array(text.utf8))
            try rules.check(token.header, JWTClaims(token.payload), at: now)
            return nil
        } catch { return error.description }
    }

    @Test("issuer, subject, audience and times are checked")
    func claims() {
        #expect(refusal(Self.good) == nil)
        #expect(refusal(Self.good.replacing(#""shop""#, with: #"["x","shop2"]"#)) == nil)
        #expect(refusal(Self.good + #","jti":"1","scope":"a b","nbf":1060"#) == nil)
        let missing = "is missing"
        for (part, replacement, reason) in [
            ("login.example", "login.example/", "another issuer"), ("login.example", "LOGIN.example", "another issuer"),
            (#""iss":"https://login.example","#, "", "another issuer"),
            (#""sub":"s","#, "", missing), (#""s""#, #""""#, missing), (#""s""#, "7", "not a string"),
            (#""s""#, "\"\(String(repeating: "s", count: 256))\"", "too long"),
            (#""shop""#, #""Shop""#, "another audience"), (#""shop""#, #""web""#, "another audience"),
            (#""shop""#, "[]", "another audience"), (#""shop""#, #"["shop",1]"#, "\"aud\""),
            (#""aud":"shop","#, "", "another audience"),
            (#""aud":"shop""#, #""client_id":"web""#, "another audience"),
            (#","exp":2000"#, "", missing), ("2000", "\"2000\"", "whole seconds"), ("2000", "940", "expired"),
            ("2000", "-1", "whole seconds"), ("2000", "0", "expired"),
            (#""iat":1000"#, #""iat":1061"#, "not valid yet"), (#""iat":1000"#, #""nbf":1061"#, "not valid yet"),
            (#""iat":1000"#, #""iat":9223372036854775807"#, "not valid yet"),
        ] {
            let found = refusal(Self.good.replacing(part, with: replacement))
            #expect(found?.contains(reason) == true, "\(part) \(replacement): \(found ?? "accepted")")
        }
        // The clocks may differ by a minute.
        for (now, isValid) in [(939, false), (940, true), (2_059, true), (2_060, false), (Int64.max, false), (.min, false)] {
            #expect((refusal(Self.good, at: Int64(now)) == nil) == isValid, "\(now)")
        }
    }

    @Test("the KELVIN SIGN is not a K: names are compared by their bytes")
    func bytes() {
        let rules = IssuerTokenRules(TrustedIssuer(issuer: "https://k.example/K", audiences: ["K"]), leeway: .zero)
        func isAccepted(_ issuer: String, _ audience: String) -> Bool {
            let claims = #"{"iss":"https://k.example/\#(issuer)","sub":"s","aud":"\#(audience)","exp":2000}"#
            let text = [#"{"alg":"ES256"}"#, claims, "x"].map { Base64URL.encode(Array($0.utf8)) }.joined(separator: ".")
            guard let token = try? JSONWebSignature(Array(text.utf8)), let read = try? JWTClaims(token.payload) else {
                return false
            }
            return (try? rules.check(token.header, read, at: 1_000)) != nil
        }
        #expect(isAccepted("K", "K") && !isAccepted("\u{212A}", "K") && !isAccepted("K", "\u{212A}"))
    }

    @Test("a client that is not in the settings is refused, in either claim")
    func clients() {
        for (client, isKnown) in [(#""web""#, true), (#""shop""#, true), (#""other""#, false), ("1", false), ("null", false)] {
            for claim in ["azp", "client_id"] {
                #expect((refusal(Self.good + ",\"\(claim)\":\(client)") == nil) == isKnown, "\(claim) \(client)")
            }
        }
    }

    @Test("only RS256 and ES256; the type must be that of an access token, or none")
    func headers() {
        for (header, isAccepted) in [
            (#""alg":"RS256""#, true), (#""alg":"ES256""#, true), (#""alg":"HS256""#, false), (#""alg":"PS256""#, false),
            (#""alg":"RS512""#, false), (#""alg":"EdDSA""#, false), (#""alg":"none""#, false),
            (#""alg":"RS256","typ":"JWT""#, true), (#""alg":"RS256","typ":"at+jwt""#, true),
            (#""alg":"RS256","typ":"application/AT+JWT""#, true), (#""alg":"RS256","typ":"logout+jwt""#, false),
            (#""alg":"RS256","typ":"dpop+jwt""#, false), (#""alg":"RS256","crit":["x"],"x":1"#, false),
            // Keys that the sender names are ignored, not followed.
            (#""alg":"RS256","jku":"https://evil.example/keys","x5u":"https://evil.example","x5c":[],"jwk":{}"#, true),
        ] { #expect((refusal(Self.good, header: "{\(header)}") == nil) == isAccepted, "\(header)") }
    }

    @Test("ID tokens and others are refused, as far as they can be told apart")
    func otherTokens() {
        for claim in [
            #""nonce":"n""#, #""at_hash":"h""#, #""c_hash":"h""#, #""events":{}"#, #""typ":"ID""#, #""typ":"Refresh""#,
            #""token_use":"id""#, #""token_use":1"#,
        ] { #expect(refusal("\(Self.good),\(claim)") != nil, "\(claim)") }
        for claim in [#""typ":"Bearer","nonce":"n""#, #""auth_time":1000,"acr":"1""#] {
            #expect(refusal("\(Self.good),\(claim)") == nil, "\(claim)")
        }
        #expect(refusal(Self.good + #","nonce":"n""#, header: #"{"alg":"RS256","typ":"at+jwt"}"#) == nil)
    }

    @Test("access tokens of Amazon Cognito have a client in place of an audience; its ID tokens are refused")
    func amazonCognito() {
        #expect(refusal(Self.cognito) == nil)
        #expect(refusal(Self.cognito + #","cognito:groups":["a"],"username":"u","origin_jti":"1""#) == nil)
        #expect(refusal(Self.cognito.replacing(#""web""#, with: #""other""#))?.contains("another client") == true)
        #expect(refusal(Self.cognito.replacing(#""client_id":"web","#, with: ""))?.contains("is missing") == true)
        let idToken = Self.cognito.replacing(#""client_id":"web","token_use":"access""#, with: #""aud":"web","token_use":"id""#)
        #expect(refusal(idToken)?.contains("token_use") == true)
        // Without its mark, a client is no audience.
        #expect(refusal(Self.cognito.replacing(#""token_use":"access","#, with: "")) != nil)
        // With an audience, that one counts.
        #expect(refusal(Self.cognito + #","aud":"other""#)?.contains("another audience") == true)
    }
}
