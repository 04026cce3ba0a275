import Foundation
import TestSupport
import Testing

@testable import Formats

@Suite("Base64url")
struct Base64URLTests {
    @Test(
        "encodes the vectors of RFC 4648 §10 without padding",
        arguments: [
            ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ])
    func vectors(plain: String, encoded: String) {
        #expect(Base64URL.encode(Array(plain.utf8)) == encoded)
        #expect(Base64URL.decode(encoded) == Array(plain.utf8))
    }

    @Test("agrees with Foundation's base64, except for alphabet and padding")
    func agrees() {
        var random = SeededGenerator(seed: 40)
        for _ in 0..<3_000 {
            let bytes = random.bytes(upTo: 60)
            let expected = Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
                .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
            #expect(Base64URL.encode(bytes) == expected)
            #expect(Base64URL.decode(expected) == bytes)
        }
    }

    @Test(
        "refuses padding, foreign characters, impossible lengths and set trailing bits",
        arguments: ["Zg==", "Zm8=", "Z", "Zm9vY", "Zh", "Zm9", "+/+/", "Zm 8", "Zm8\n", "Zg\0\0", "Zé", "=", "-_-_-"])
    func refuses(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test("accepts exactly one text for each sequence of bytes")
    func canonical() {
        var random = SeededGenerator(seed: 41)
        var accepted = 0
        for _ in 0..<30_000 {
            let text = random.bytes(upTo: 6, from: "ABCDEFghij0123-_wxyz=+/")
            guard let bytes = Base64URL.decode(text) else { continue }
            accepted += 1
            #expect(Array(Base64URL.encode(bytes).utf8) == text)
        }
        #expect(accepted > 1_000)
    }
}

@Suite("Percent-encoding")
struct PercentEncodingTests {
    @Test(
        "decodes once",
        arguments: [
            ("", ""), ("abc", "abc"), ("a%20b", "a b"), ("%41%5a%2F%2f", "AZ//"), ("%2541", "%41"), ("caf%C3%A9", "café"),
            ("a+b", "a+b"),
            ("%E2%82%AC", "€"), ("%7F", "\u{7F}"), ("%2E%2e", ".."),
        ])
    func decodes(text: String, expected: String) {
        #expect(PercentEncoding.decode(text.utf8) == expected)
    }

    @Test(
        "refuses broken escapes, NUL, CR, LF, and what is not UTF-8",
        arguments: [
            "%", "a%", "%4", "a%4", "%zz", "%4g", "%g4", "%%41", "% 41", "%00", "a%00b", "%0d", "%0D", "%0a", "%0A", "%0d%0a",
            "a\0b", "a\rb",
            "a\nb", "%ff", "%C3", "%C3%28", "%C0%AF", "%ED%A0%80", "%F4%90%80%80", "%-1", "%+1", "%u0041",
        ])
    func refuses(text: String) {
        #expect(PercentEncoding.decode(text.utf8) == nil)
    }

    @Test("encodes all but unreserved characters, in upper case, and any text decodes again")
    func encodes() {
        #expect(PercentEncoding.encode("a b/c?d=é&~._-Z9+%") == "a%20b%2Fc%3Fd%3D%C3%A9%26~._-Z9%2B%25")
        var random = SeededGenerator(seed: 42)
        for _ in 0..<2_000 {
            let text = random.text(upTo: 20)
            let encoded = PercentEncoding.encode(text)
            let refused = text.unicodeScalars.contains { $0 == "\0" || $0 == "\r" || $0 == "\n" }
            #expect(PercentEncoding.decode(encoded.utf8) == (refused ? nil : text))
            #expect(PercentEncoding.decode(encoded.utf8, plusIsSpace: true) == (refused ? nil : text))
        }
    }

    @Test("random bytes never trap")
    func fuzz() {
        var random = SeededGenerator(seed: 43)
        for _ in 0..<20_000 {
            _ = PercentEncoding.decode(random.bytes(upTo: 12))
            _ = QueryParameters(random.bytes(upTo: 12))
            let text = random.bytes(upTo: 12, from: "%0123456789abcdefABCDEF+&=;")
            if let decoded = PercentEncoding.decode(text) { #expect(decoded.utf8.count <= text.count) }
            _ = QueryParameters(text)
        }
    }
}

@Suite("Query parameters")
struct QueryParametersTests {
    @Test("keeps order and repeated names, and reads + as a space")
    func reads() throws {
        let query = try #require(QueryParameters("q=red+shoes&tag=a&limit=20&tag=b%26c&flag&empty=&x=1=2&%C3%A9=%2B"))
        #expect(query.parameters.map(\.name) == ["q", "tag", "limit", "tag", "flag", "empty", "x", "é"])
        #expect(query.first("q") == "red shoes")
        #expect(query.first("tag") == "a")
        #expect(query.all("tag") == ["a", "b&c"])
        #expect(query.first("flag") == "" && query.first("empty") == "")
        #expect(query.first("x") == "1=2")
        #expect(query.first("é") == "+")
        #expect(query.first("none") == nil && query.all("none").isEmpty)
    }

    @Test("skips empty parts", arguments: ["", "&", "&&&"])
    func empty(text: String) {
        #expect(QueryParameters(text) == QueryParameters())
    }

    @Test("refuses the whole query for one bad part", arguments: ["a=%", "a=1&b=%zz", "%0a=1", "a=%00", "a=%ff"])
    func refuses(text: String) {
        #expect(QueryParameters(text) == nil)
    }

    @Test("refuses more parameters than the limit")
    func limit() {
        let parts = (0..<QueryParameters.maximumCount).map { "p\($0)=\($0)" }
        #expect(QueryParameters(parts.joined(separator: "&"))?.parameters.count == QueryParameters.maximumCount)
        #expect(QueryParameters((parts + ["more"]).joined(separator: "&")) == nil)
    }
}
