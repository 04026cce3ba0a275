import FoundationEssentials
import Formats
import Testing
import WebTestSupport

@testable import Web

@Suite struct CursorTests {
    private static let key = EncryptionKeys(secret: "a secret").authentication(for: .cursors)
    private static let filter = CursorFilter(["products", "newest", "shoes"], key: key)

    private func filter(_ parts: [String], _ key: AuthenticationKey = key) -> CursorFilter { CursorFilter(parts, key: key) }

    private static func random() -> CursorField {
        switch Int.random(in: 0..<5) {
        case 0: .null
        case 1: .integer(.random(in: .min ... .max))
        case 2: .text(["", "a", "café", "é\u{301}", String(repeating: "x", count: 100)].randomElement() ?? "")
        case 3: .uuid(UUID.v7())
        default: .time(Timestamp(microseconds: .random(in: .min ... .max)))
        }
    }

    @Test func aCursorRoundTrips() {
        for _ in 0..<3_000 {
            let cursor = Cursor((0..<Int.random(in: 0...4)).map { _ in Self.random() })
            let text = cursor.text(for: Self.filter)
            #expect(Cursor(text, for: Self.filter) == cursor)
            #expect(RequestID.isValid(Array(text.utf8)[...]) || text.utf8.count > 128)
        }
    }

    @Test func aCursorOfAnotherListIsRefused() {
        let text = Cursor([.integer(5)]).text(for: Self.filter)
        for other in [
            [], ["products"], ["products", "newest", "hats"], ["products", "newestshoes"], ["products", "newest", "shoes", ""],
            ["productsnewest", "", "shoes"],
        ] {
            #expect(Cursor(text, for: filter(other)) == nil)
        }
        #expect(filter(["a", "b"]).fingerprint != filter(["ab", ""]).fingerprint)
        #expect(filter(["1:a"]).fingerprint != filter(["", "a"]).fingerprint)
    }

    @Test func aChangedCursorIsRefused() throws {
        let cursor = Cursor([.text("Boots"), .integer(12_99), .uuid(UUID.v7()), .time(.now), .null])
        let text = Array(cursor.text(for: Self.filter).utf8)
        let alphabet = Array("ABCXYZabcxyz059-_".utf8)
        for index in text.indices {
            var altered = text
            for replacement in alphabet where replacement != text[index] {
                altered[index] = replacement
                #expect(Cursor(String(decoding: altered, as: UTF8.self), for: Self.filter) == nil)
            }
            #expect(Cursor(String(decoding: text[..<index], as: UTF8.self), for: Self.filter) == nil)
        }
        let whole = String(decoding: text, as: UTF8.self)
        for odd in ["", "=", whole + "=", whole + "A", whole + "AAAA", " " + whole, "AQ", String(repeating: "A", count: 4_000)] {
            #expect(Cursor(odd, for: Self.filter) == nil)
        }
    }

    /// Signed bytes that are no list of fields can only come from another release, and are refused too.
    @Test func anyContentIsReadWithoutATrap() {
        for _ in 0..<10_000 {
            let content = (0..<Int.random(in: 0...24)).map { _ in
                [UInt8.random(in: 0...5), 0xff, 0, .random(in: 0...255)].randomElement() ?? 0
            }
            var signed: [UInt8] = [2]
            withUnsafeBytes(of: Self.filter.fingerprint.bigEndian) { signed.append(contentsOf: $0) }
            let bytes = [2] + Self.key.code(signed + content).prefix(16) + content
            guard let cursor = Cursor(Base64URL.encode(bytes), for: Self.filter) else { continue }
            #expect(cursor.fields.count <= content.count)
            #expect(cursor.text(for: Self.filter) == Base64URL.encode(bytes))
        }
    }

    @Test func aCursorMadeWithAnotherKeyIsRefused() {
        let cursor = Cursor([.integer(7), .uuid(UUID.v7())])
        for other in [EncryptionKeys(secret: "another"), .unprotected, EncryptionKeys(secret: "another", previous: "a third")] {
            #expect(Cursor(cursor.text(for: filter(["x"], other.authentication(for: .cursors))), for: filter(["x"])) == nil)
        }
        // The former layout, with a checksum and no key.
        var old = Array("cursor".utf8)
        withUnsafeBytes(of: filter(["x"]).fingerprint.bigEndian) { old.append(contentsOf: $0) }
        let content: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0, 7]
        #expect(Cursor(Base64URL.encode([1] + SHA256.hash(old + content).prefix(8) + content), for: filter(["x"])) == nil)
    }

    @Test func aCursorOfThePreviousKeyIsStillValid() {
        let cursor = Cursor([.integer(7), .uuid(UUID.v7())])
        let rotated = EncryptionKeys(secret: "next", previous: "a secret").authentication(for: .cursors)
        #expect(Cursor(cursor.text(for: filter(["x"])), for: filter(["x"], rotated)) == cursor)
        #expect(Cursor(cursor.text(for: filter(["x"], rotated)), for: filter(["x"])) == nil)
    }

    @Test func aCursorIsTheSameInEveryProcess() {
        let text = Cursor([.integer(7), .text("a")]).text(for: filter(["x"]))
        #expect(text == Cursor([.integer(7), .text("a")]).text(for: filter(["x"])))
        #expect(filter(["x"]).fingerprint == SHA256.hash("1:x".utf8).prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }
}
