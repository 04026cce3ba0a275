import Foundation
import JWT
import Testing

@testable import OpenIDConnect

@Suite("Key sets")
struct IssuerKeySetTests {
    /// Of RFC 7515 appendix A.2 and A.3.
    private static let rsa =
        #""kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB""#
    private static let elliptic =
        #""kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0""#

    private func set(_ keys: String...) throws -> IssuerKeySet {
        try IssuerKeySet(Array("{\"keys\":[\(keys.map { "{\($0)}" }.joined(separator: ","))]}".utf8))
    }

    private func header(_ algorithm: String, kid: String?) throws -> JSONWebSignature.Header {
        let more = kid.map { #","kid":"\#($0)""# } ?? ""
        let head = Data("{\"alg\":\"\(algorithm)\"\(more)}".utf8).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        return try JSONWebSignature(Array("\(head).e30.AA".utf8)).header
    }

    @Test("keys for other uses, of other kinds and too weak ones are left out")
    func usable() throws {
        let kept = try set(
            #""kid":"a","use":"sig",\#(Self.rsa)"#, #""kid":"b",\#(Self.elliptic)"#, #""kid":"c","use":"enc",\#(Self.rsa)"#,
            #""kid":"d","alg":"RS512",\#(Self.rsa)"#, #""kid":"e","alg":"PS256",\#(Self.rsa)"#,
            #""kid":"f","kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA""#,
            #""kid":"g","kty":"RSA","n":"AQAB","e":"AQAB""#, #""kid":"h","key_ops":["encrypt"],\#(Self.rsa)"#,
            #""kid":"i","kty":"EC","crv":"P-256","x":"AA","y":"AA""#, #""kid":7,\#(Self.rsa)"#, #""kid":"k""#,
            #""kid":"l","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#,
            #""kid":"m","x5c":["x"],"x5t":"y","alg":"ES256",\#(Self.elliptic)"#)
        #expect(kept.keys.map(\.keyID) == ["a", "b", "m"])
        for bytes in [
            "", "[]", "{}", #"{"keys":{}}"#, #"{"keys":[]}"#, #"{"keys":[{"kty":"oct","k":"AA"}]}"#, #"{"keys":[],"keys":[]}"#,
        ] {
            #expect(throws: JWTError.self, "\(bytes)") { try IssuerKeySet(Array(bytes.utf8)) }
        }
    }

    @Test("a token's kid is looked up exactly, among the keys of its kind")
    func candidates() throws {
        let two = try set(#""kid":"a",\#(Self.rsa)"#, #""kid":"b",\#(Self.elliptic)"#, #""kid":"K",\#(Self.elliptic)"#)
        func found(_ algorithm: String, _ kid: String?) throws -> [String?]? {
            two.candidates(for: try header(algorithm, kid: kid))?.map(\.keyID)
        }
        #expect(try found("RS256", "a") == ["a"] && found("ES256", "b") == ["b"])
        #expect(try found("ES256", "a") == nil && found("RS256", "A") == nil && found("RS256", "../a") == nil)
        #expect(try found("ES256", "\u{212A}") == nil)
        // Without a kid the set must leave no choice.
        #expect(try found("RS256", nil) == ["a"] && found("ES256", nil) == [])
        #expect(try found("HS256", "a") == nil && found("HS256", nil) == [])
    }

    @Test("a set has at most as many keys as are read")
    func many() throws {
        let keys = (0..<200).map { "{\"kid\":\"\($0)\",\(Self.elliptic)}" }.joined(separator: ",")
        #expect(try IssuerKeySet(Array("{\"keys\":[\(keys)]}".utf8)).keys.count == IssuerKeySet.mostKeys)
    }
}
