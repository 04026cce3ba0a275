import Testing
import WebTestSupport

@testable import Web

@Suite struct IdempotencyKeyTests {
    private func read(_ field: String) -> Result<String, IdempotencyKey.ParsingError> {
        do throws(IdempotencyKey.ParsingError) {
            return .success(try IdempotencyKey(field.utf8).text)
        } catch {
            return .failure(error)
        }
    }

    @Test(arguments: [
        ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ("\"8e03978e\"", "8e03978e"), ("  \"a b\"\t", "a b"), (#""a\"b\\c""#, #"a"b\c"#), ("a:/=@+", "a:/=@+"), ("1", "1"),
    ])
    func aQuotedStringOrBareTextIsAKey(field: String, key: String) { #expect(read(field) == .success(key)) }

    @Test(arguments: [
        "\"", "\"abc", "abc\"", "\"a\"b", "\"a\";p=1", "a;p=1", "a,b", "\"a\", \"b\"", "a b", #""\x""#, #""a\"#, "é", "\"é\"",
        "a\u{0}", "\"a\tb\"", "a\\b",
    ])
    func whatIsNeitherIsMalformed(field: String) { #expect(read(field) == .failure(.malformed)) }

    @Test func lengthsAreBounded() {
        #expect(read("") == .failure(.empty))
        #expect(read("\"\"") == .failure(.empty))
        #expect(read(String(repeating: "k", count: 255)) == .success(String(repeating: "k", count: 255)))
        #expect(read(String(repeating: "k", count: 256)) == .failure(.tooLong))
        // Escapes do not count.
        #expect(read("\"" + String(repeating: #"\""#, count: 255) + "\"") == .success(String(repeating: "\"", count: 255)))
    }

    @Test(arguments: [
        ("8e03978e-40d5-43dd-bc93-6894a57f9324", true), ("8E03978E-40D5-43DD-BC93-6894A57F9324", true),
        ("8e03978e40d543ddbc936894a57f9324", true), ("abcdefghijklmnopqrstuv", true), ("ABCDEFGHIJKLMNOPQRS_-9", true),
        ("\"abcdefghijklmnopqrstuv\"", true), ("abcdefghijklmnopqrstu", false), ("1234567890123456", false),
        ("my-first-order-019a2f", false), ("order:8e03978e-40d5-43dd-bc93-6894a57f9324", false),
        ("\"abcdefghijk lmnopqrstuv\"", false), ("abcdefghijklmnopqrstuv+/==", false),
    ])
    func theFormOf128RandomBitsIsKnown(field: String, isRandom: Bool) throws {
        #expect(try IdempotencyKey(field.utf8).hasRandomForm == isRandom)
    }

    @Test func anyBytesAreReadWithoutATrap() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                [UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x20, 0x61, .random(in: 0...255, using: &random)]
                    .randomElement(using: &random) ?? 0
            }
            guard let key = try? IdempotencyKey(bytes) else { continue }
            #expect(key.text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f } && (1...255).contains(key.text.utf8.count))
        }
    }
}
