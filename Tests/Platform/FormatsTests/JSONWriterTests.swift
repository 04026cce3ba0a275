import Foundation
import TestSupport
import Testing

@testable import Formats

@Suite("JSON writer")
struct JSONWriterTests {
    private func text(_ write: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        write(&writer)
        return String(decoding: writer.finish(), as: UTF8.self)
    }

    @Test("writes commas between values and members, and nowhere else")
    func commas() {
        let written = text { writer in
            writer.beginObject()
            writer.field("a", 1)
            writer.key("b")
            writer.beginArray()
            writer.endArray()
            writer.key("c")
            writer.beginArray()
            writer.beginObject()
            writer.endObject()
            writer.beginArray()
            writer.null()
            writer.bool(true)
            writer.bool(false)
            writer.endArray()
            writer.int(-5)
            writer.string("x")
            writer.raw(Array("{\"r\":0}".utf8))
            writer.endArray()
            writer.key(dynamic: "d\"")
            writer.string(utf8: [0x79])
            writer.field("e", "s")
            writer.field("f", nil as String?)
            writer.field("g", nil as Int?)
            writer.field("h", 3 as Int?)
            writer.field("i", true)
            writer.endObject()
        }
        #expect(
            written
                == #"{"a":1,"b":[],"c":[{},[null,true,false],-5,"x",{"r":0}],"d\"":"y","e":"s","f":null,"g":null,"h":3,"i":true}"#
        )
    }

    @Test("appends to bytes")
    func appending() {
        var writer = JSONWriter(appendingTo: Array("data: ".utf8))
        writer.string("x")
        #expect(writer.finish() == Array("data: \"x\"".utf8))
    }

    @Test("writes the least and greatest value of every integer type")
    func integers() {
        #expect(text { $0.int(Int64.min) } == "-9223372036854775808")
        #expect(text { $0.int(Int64.max) } == "9223372036854775807")
        #expect(text { $0.int(UInt64.max) } == "18446744073709551615")
        #expect(text { $0.int(Int8.min) } == "-128")
        #expect(text { $0.int(0) } == "0")
        var random = SeededGenerator(seed: 10)
        for _ in 0..<5_000 {
            let number = Int64.random(in: .min ... .max, using: &random) >> Int64.random(in: 0...63, using: &random)
            #expect(text { $0.int(number) } == String(number))
        }
    }

    @Test("escapes each of the 32 control characters, the quote and the backslash, and nothing else of ASCII")
    func escapes() {
        let short: [UInt8: String] = [8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 0x22: "\\\"", 0x5C: "\\\\"]
        for byte in UInt8(0)..<0x80 {
            let character = String(UnicodeScalar(byte))
            let expected = short[byte] ?? (byte < 0x20 ? String(format: "\\u%04x", byte) : character)
            #expect(text { $0.string(character) } == "\"\(expected)\"")
            #expect(text { $0.string("ab\(character)cd\(character)") } == "\"ab\(expected)cd\(expected)\"")
            #expect(text { $0.string(utf8: [byte, 0x61]) } == "\"\(expected)a\"")
        }
    }

    @Test("any text is read unchanged by Foundation's parser")
    func foundation() throws {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<2_000 {
            let original = random.text(upTo: 40)
            let written = text { writer in
                writer.beginArray()
                writer.string(original)
                writer.endArray()
            }
            let parsed = try JSONSerialization.jsonObject(with: Data(written.utf8)) as? [String]
            #expect(parsed.map { $0.map { Array($0.utf8) } } == [Array(original.utf8)])
        }
    }

    @Test("bytes that are not UTF-8 become U+FFFD and never make the text invalid")
    func invalidUTF8() throws {
        #expect(text { $0.string(utf8: [0x61, 0xFF, 0x22, 0x62]) } == "\"a\u{FFFD}\\\"b\"")
        #expect(text { $0.string(utf8: Array("é/\"".utf8)) } == "\"é/\\\"\"")
        #expect(text { $0.string(utf8: [0x61, 0xC3, 0x62][0..<2]) } == "\"a\u{FFFD}\"")
        var random = SeededGenerator(seed: 12)
        for _ in 0..<5_000 {
            let bytes = random.bytes(upTo: 30)
            var writer = JSONWriter()
            writer.string(utf8: bytes)
            let value = try JSONValue.parse(writer.finish())
            #expect(value.stringValue == String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test("writes identifiers in lower case and times in RFC 3339")
    func fixedForms() throws {
        let id = try #require(UUID(uuidString: "018F2F6E-9ABC-7DEF-8000-00000000ABCD"))
        let written = text { writer in
            writer.beginObject()
            writer.field("id", id)
            writer.field("none", nil as UUID?)
            writer.field("at", Timestamp(microseconds: 1))
            writer.field("never", nil as Timestamp?)
            writer.endObject()
        }
        #expect(
            written
                == #"{"id":"018f2f6e-9abc-7def-8000-00000000abcd","none":null,"at":"1970-01-01T00:00:00.000001Z","never":null}"#)
    }
}
