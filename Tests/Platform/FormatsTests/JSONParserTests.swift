import TestSupport
import Testing

@testable import Formats

@Suite("JSON parser")
struct JSONParserTests {
    private func parse(_ text: String) -> Result<JSONValue, JSONError> {
        parse(Array(text.utf8))
    }

    private func parse(_ bytes: [UInt8], maximumDepth: Int = 32) -> Result<JSONValue, JSONError> {
        do throws(JSONError) { return .success(try JSONValue.parse(bytes, maximumDepth: maximumDepth)) } catch {
            return .failure(error)
        }
    }

    @Test("reads every kind of value, with any white space around it")
    func kinds() throws {
        let value = try parse(" \t\r\n{ \"a\" : [ null , true , false , -1.50e+3 , \"x\" , { } , [ ] ] } \n").get()
        let elements = try #require(value["a"]?.arrayValue)
        #expect(elements.count == 7)
        #expect(elements[0] == .null)
        #expect(elements[1].boolValue == true)
        #expect(elements[2].boolValue == false)
        #expect(elements[3] == .number(JSONNumber(validLexeme: "-1.50e+3")))
        #expect(elements[4].stringValue == "x")
        #expect(elements[5].objectValue?.isEmpty == true)
        #expect(elements[6].arrayValue == [])
    }

    @Test("keeps the order of members", arguments: [1, 15, 16, 17, 18, 400])
    func order(count: Int) throws {
        let text = "{" + (0..<count).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + "}"
        let object = try #require(try parse(text).get().objectValue)
        #expect(object.members.map(\.name) == (0..<count).map { "k\($0)" })
        for index in 0..<count { #expect(object["k\(index)"]?.int64Value == Int64(index)) }
        #expect(object["k\(count)"] == nil)
    }

    @Test("refuses a name that occurs twice, however many members there are", arguments: [2, 3, 16, 17, 18, 50])
    func duplicates(count: Int) {
        for twin in 0..<(count - 1) {
            let names = (0..<(count - 1)).map { "\"k\($0)\":1" } + ["\"k\(twin)\":2"]
            let text = "{" + names.joined(separator: ",") + "}"
            #expect(
                parse(text) == .failure(JSONError(offset: text.utf8.count - "\"k\(twin)\":2}".utf8.count, reason: .duplicateKey)))
        }
        #expect(parse(#"{"a":1,"\u0061":2}"#) == .failure(JSONError(offset: 7, reason: .duplicateKey)))
    }

    @Test("the time for a hundred thousand members is not quadratic")
    func manyMembers() throws {
        let text = "{" + (0..<100_000).map { "\"\($0)\":0" }.joined(separator: ",") + "}"
        #expect(try parse(text).get().objectValue?.count == 100_000)
    }

    @Test(
        "takes an integer only from a plain integer within 64 bits",
        arguments: [
            ("0", 0), ("-0", 0), ("7", 7), ("-7", -7), ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("1e3", nil), ("1E3", nil), ("1.0", nil), ("1.5", nil),
            ("123456789012345678901234567890", nil),
        ] as [(String, Int64?)])
    func integers(lexeme: String, expected: Int64?) throws {
        let value = try parse(lexeme).get()
        #expect(value == .number(JSONNumber(validLexeme: lexeme)))
        #expect(value.int64Value == expected)
    }

    @Test(
        "refuses numbers outside the grammar",
        arguments: [
            ("-", 1, .unexpectedEnd), ("-a", 1, .invalidNumber), ("01", 1, .invalidNumber), ("-01", 2, .invalidNumber),
            ("00", 1, .invalidNumber), ("1.", 2, .unexpectedEnd), ("1.e1", 2, .invalidNumber), ("1e", 2, .unexpectedEnd),
            ("1e+", 3, .unexpectedEnd), ("1e+-1", 3, .invalidNumber), ("+1", 0, .unexpectedByte), (".5", 0, .unexpectedByte),
            ("0x10", 1, .trailingContent), ("1_0", 1, .trailingContent), ("NaN", 0, .unexpectedByte),
            ("Infinity", 0, .unexpectedByte), ("-Infinity", 1, .invalidNumber), ("1 2", 2, .trailingContent),
        ] as [(String, Int, JSONError.Reason)])
    func malformedNumbers(text: String, offset: Int, reason: JSONError.Reason) {
        #expect(parse(text) == .failure(JSONError(offset: offset, reason: reason)))
    }

    @Test(
        "refuses text that is not JSON, and says where",
        arguments: [
            ("", 0, .unexpectedEnd), ("   ", 3, .unexpectedEnd), ("{", 1, .unexpectedEnd), ("[", 1, .unexpectedEnd),
            ("[1", 2, .unexpectedEnd), ("[1,", 3, .unexpectedEnd), ("[1,]", 3, .unexpectedByte), ("[,1]", 1, .unexpectedByte),
            ("[1 2]", 3, .unexpectedByte), ("{,}", 1, .unexpectedByte), ("{\"a\"}", 4, .unexpectedByte),
            ("{\"a\":}", 5, .unexpectedByte), ("{\"a\":1,}", 7, .unexpectedByte), ("{a:1}", 1, .unexpectedByte),
            ("{'a':1}", 1, .unexpectedByte), ("{\"a\":1 \"b\":2}", 7, .unexpectedByte), ("{1:1}", 1, .unexpectedByte),
            ("]", 0, .unexpectedByte), ("[}", 1, .unexpectedByte), ("{]", 1, .unexpectedByte), ("tru", 3, .unexpectedEnd),
            ("trux", 3, .unexpectedByte), ("True", 0, .unexpectedByte), ("nul", 3, .unexpectedEnd),
            ("falsey", 5, .trailingContent),
            ("null null", 5, .trailingContent), ("{}}", 2, .trailingContent), ("[]//c", 2, .trailingContent),
            ("/**/1", 0, .unexpectedByte), ("\u{FEFF}1", 0, .unexpectedByte), ("\u{A0}1", 0, .unexpectedByte),
            ("\u{0B}1", 0, .unexpectedByte), ("\u{0C}1", 0, .unexpectedByte), ("1\u{0}", 1, .trailingContent),
        ] as [(String, Int, JSONError.Reason)])
    func malformed(text: String, offset: Int, reason: JSONError.Reason) {
        #expect(parse(text) == .failure(JSONError(offset: offset, reason: reason)))
    }

    @Test(
        "reads every escape",
        arguments: [
            (#""""#, ""), (#""a\"\\\/\b\f\n\r\tz""#, "a\"\\/\u{8}\u{C}\n\r\tz"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
            (#""\ud83d\ude00""#, "😀"), (#""\uD83D\uDE00x""#, "😀x"), (#""\u0000""#, "\0"), (#""é😀""#, "é😀"),
            (#""\uFFFF""#, "\u{FFFF}"), (#""\uDBFF\uDFFF""#, "\u{10FFFF}"), ("\"\u{7F}\u{2028}\"", "\u{7F}\u{2028}"),
        ])
    func strings(text: String, expected: String) throws {
        #expect(try parse(text).get().stringValue == expected)
    }

    @Test(
        "refuses malformed strings",
        arguments: [
            (#"""#, 1, .unexpectedEnd), (#""a"#, 2, .unexpectedEnd), (#""\"#, 2, .unexpectedEnd), (#""\""#, 3, .unexpectedEnd),
            (#""\x""#, 1, .invalidEscape), (#""\U0041""#, 1, .invalidEscape), (#""\u12g4""#, 1, .invalidEscape),
            (#""\u12""#, 1, .invalidEscape), (#""\u12"#, 5, .unexpectedEnd), (#""\ud83d""#, 1, .loneSurrogate),
            (#""\ud83dx""#, 1, .loneSurrogate), (#""\ude00""#, 1, .loneSurrogate), (#""\ude00\ud83d""#, 1, .loneSurrogate),
            (#""\ud83d\n""#, 1, .loneSurrogate), (#""\ud83d\ud83d""#, 1, .loneSurrogate), (#""\ud83d\u0041""#, 1, .loneSurrogate),
            ("\"\n\"", 1, .controlCharacter), ("\"\t\"", 1, .controlCharacter), ("\"a\u{0}\"", 2, .controlCharacter),
            ("\"\u{1F}\"", 1, .controlCharacter), ("'a'", 0, .unexpectedByte),
        ] as [(String, Int, JSONError.Reason)])
    func malformedStrings(text: String, offset: Int, reason: JSONError.Reason) {
        #expect(parse(text) == .failure(JSONError(offset: offset, reason: reason)))
    }

    @Test(
        "refuses what is not UTF-8: stray and missing continuations, overlong forms, surrogates, beyond U+10FFFF",
        arguments: [
            [0x80], [0xBF], [0xC3], [0xC3, 0x28], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xC0, 0xAF], [0xC1, 0x81],
            [0xE0, 0x80, 0xAF],
            [0xF0, 0x80, 0x80, 0xAF], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80],
            [0xF8, 0x88, 0x80, 0x80, 0x80],
            [0xFE], [0xFF],
        ] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        #expect(parse([quote] + bytes + [quote]) == .failure(JSONError(offset: 1, reason: .invalidUTF8)))
        let escaped = Array(#"\n"#.utf8)
        #expect(parse([quote] + escaped + bytes + [quote]) == .failure(JSONError(offset: 1, reason: .invalidUTF8)))
        #expect(parse([quote] + bytes + escaped + [quote]) == .failure(JSONError(offset: 1, reason: .invalidUTF8)))
        #expect(parse(bytes) == .failure(JSONError(offset: 0, reason: .unexpectedByte)))
    }

    @Test("nests as deeply as the limit, which is at most 512")
    func depth() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        func objects(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "{\"a\":", count: depth) + "1" + String(repeating: "}", count: depth)).utf8)
        }
        _ = try parse(nested(32)).get()
        _ = try parse(objects(32)).get()
        #expect(parse(nested(33)) == .failure(JSONError(offset: 32, reason: .tooDeep)))
        #expect(parse(objects(33)) == .failure(JSONError(offset: 32 * 5, reason: .tooDeep)))
        #expect(parse(nested(1), maximumDepth: 0) == .failure(JSONError(offset: 0, reason: .tooDeep)))
        #expect(parse(nested(1_000_000), maximumDepth: .max) == .failure(JSONError(offset: 512, reason: .tooDeep)))
        _ = try parse(nested(512), maximumDepth: .max).get()
        #expect(parse(Array("[".utf8), maximumDepth: -1) == .failure(JSONError(offset: 0, reason: .tooDeep)))
    }

    @Test("random bytes never trap")
    func fuzz() {
        var random = SeededGenerator(seed: 1)
        var read = 0
        for _ in 0..<20_000 {
            _ = parse(random.bytes(upTo: 24))
            if case .success = parse(random.bytes(upTo: 12, from: "{}[]\",:0123456789.eE+-truefalsn\\u/ \n\u{e9}")) { read += 1 }
        }
        #expect(read > 100)
    }

    @Test("truncated and changed texts never trap, and those that are read round-trip")
    func mutations() throws {
        let text = Array(
            #"{"items":[{"sku":"A-1","quantity":2},{"sku":"\u00e9\ud83d\ude00\n","quantity":-1.5e-3}],"x":[null,true,false,{}]}"#
                .utf8)
        _ = try parse(text).get()
        for length in 0..<text.count {
            guard case .failure = parse(Array(text[..<length])) else {
                Issue.record("a cut at \(length) was read")
                continue
            }
        }
        var random = SeededGenerator(seed: 2)
        for position in text.indices {
            for _ in 0..<30 {
                var changed = text
                changed[position] = UInt8.random(in: 0...255, using: &random)
                guard case .success(let value) = parse(changed) else { continue }
                var writer = JSONWriter()
                writer.value(value)
                #expect(parse(writer.finish()) == .success(value))
            }
        }
    }

    @Test("random values round-trip")
    func roundTrip() throws {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<3_000 {
            let value = randomValue(&random, depth: 4)
            var writer = JSONWriter()
            writer.value(value)
            #expect(try parse(writer.finish()).get() == value)
        }
    }

    private func randomValue(_ random: inout SeededGenerator, depth: Int) -> JSONValue {
        switch Int.random(in: 0...(depth > 0 ? 6 : 4), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .number(JSONNumber(Int64.random(in: .min ... .max, using: &random)))
        case 3, 4: return .string(random.text(upTo: 20))
        case 5: return .array((0..<Int.random(in: 0...5, using: &random)).map { _ in randomValue(&random, depth: depth - 1) })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                object.append(random.text(upTo: 6), randomValue(&random, depth: depth - 1))
            }
            return .object(object)
        }
    }
}
