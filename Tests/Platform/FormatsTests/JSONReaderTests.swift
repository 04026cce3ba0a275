import Foundation
import Testing

@testable import Formats

@Suite("JSON reader")
struct JSONReaderTests {
    struct Order: Equatable {
        struct Item: Equatable {
            let sku: String
            let quantity: Int
        }
        let email: String
        let note: String?
        let expected: Int64?
        let items: [Item]
    }

    private func order(_ json: String) throws -> Order {
        try JSONReader.decode(JSONValue.parse(Array(json.utf8))) { body in
            Order(
                email: body["email"].line(length: 3...254),
                note: body.optional("note")?.text(length: 0...10),
                expected: body.optional("expected_total")?.integer(in: 0...Int64.max),
                items: body["items"].array(count: 1...3) { item in
                    Order.Item(sku: item["sku"].line(length: 1...8), quantity: item["quantity"].integer(in: 1...999))
                })
        }
    }

    private func faults<Value>(_ json: String, _ read: (JSONReader) -> Value) throws -> [FieldError] {
        let value = try JSONValue.parse(Array(json.utf8))
        do {
            _ = try JSONReader.decode(value, read)
            return []
        } catch {
            return error.faults
        }
    }

    @Test("reads a valid document, and ignores unknown members")
    func reads() throws {
        let read = try order(
            #"{"items":[{"sku":"A","quantity":1,"price":0},{"sku":" B-2 ","quantity":999}],"email":"a@b","expected_total":5,"total":1}"#
        )
        #expect(
            read
                == Order(
                    email: "a@b", note: nil, expected: 5, items: [.init(sku: "A", quantity: 1), .init(sku: "B-2", quantity: 999)])
        )
    }

    @Test("null counts as absent for an optional member and as missing for a required one")
    func null() throws {
        #expect(try order(#"{"items":[{"sku":"A","quantity":1}],"email":"a@b","note":null}"#).note == nil)
        #expect(try order(#"{"items":[{"sku":"A","quantity":1}],"email":"a@b","note":""}"#).note == "")
        let found = try faults(#"{"a":null}"#) { ($0["a"].line(length: 1...2), $0["b"].boolean()) }
        #expect(found == [FieldError(pointer: "/a", detail: "is required"), FieldError(pointer: "/b", detail: "is required")])
        _ = try JSONReader.decode(JSONValue.parse(Array(#"{"a":null}"#.utf8))) { body in
            #expect(body["a"].isNull && !body["a"].isAbsent && body["b"].isAbsent && !body["b"].isNull)
        }
    }

    @Test("collects every error of a document, each with its pointer")
    func collects() throws {
        let json = #"{"items":[{"sku":"","quantity":0},{"quantity":"1"},7],"email":5,"note":"12345678901","expected_total":-1}"#
        do {
            _ = try order(json)
            Issue.record("was read")
        } catch let error as FieldErrors {
            #expect(
                error.faults == [
                    FieldError(pointer: "/email", detail: "must be a string"),
                    FieldError(pointer: "/note", detail: "must have at most 10 characters"),
                    FieldError(pointer: "/expected_total", detail: "must be at least 0"),
                    FieldError(pointer: "/items/0/sku", detail: "must have 1 to 8 characters"),
                    FieldError(pointer: "/items/0/quantity", detail: "must be 1 to 999"),
                    FieldError(pointer: "/items/1/sku", detail: "is required"),
                    FieldError(pointer: "/items/1/quantity", detail: "must be a whole number"),
                    FieldError(pointer: "/items/2", detail: "must be an object"),
                ])
        }
    }

    @Test("records one error for a document that is no object", arguments: ["[]", "1", "\"x\"", "true"])
    func noObject(json: String) throws {
        let found = try faults(json) { body in
            (body["a"]["b"].boolean(), body["c"].array(count: 0...1) { $0.boolean() }, body.optional("d")?.boolean())
        }
        #expect(found == [FieldError(pointer: "", detail: "must be an object")])
    }

    @Test(
        "refuses every quantity that is no whole number from 1 to 999",
        arguments: [
            "-1", "0", "1000", "9223372036854775808", "-9223372036854775809", "1e3", "1E2", "1.5", "1.0", "\"1\"", "null", "true",
            "[1]", "{}", "\"\"",
        ])
    func quantities(text: String) throws {
        #expect(try faults(#"{"q":\#(text)}"#) { $0["q"].integer(in: 1...999) }.map(\.pointer) == ["/q"])
    }

    @Test("reads integers of any width up to their bounds")
    func widths() throws {
        func read<I: FixedWidthInteger>(_ text: String, _ range: ClosedRange<I>) throws -> I {
            try JSONReader.decode(JSONValue.parse(Array(text.utf8))) { $0.integer(in: range) }
        }
        #expect(try read("9223372036854775807", 0...Int64.max) == .max)
        #expect(try read("-9223372036854775808", Int64.min...0) == .min)
        #expect(try read("255", 0...UInt8.max) == 255)
        #expect(throws: FieldErrors.self) { try read("256", 0...UInt8.max) }
        #expect(throws: FieldErrors.self) { try read("-1", 0...UInt8.max) }
    }

    @Test(
        "describes a range in words",
        arguments: [
            (1...999, "1 to 999"), (0...5, "at most 5"), (1...Int.max, "at least 1"), (3...3, "exactly 3"),
            (Int.min...7, "at most 7"),
        ])
    func ranges(range: ClosedRange<Int>, text: String) {
        #expect(JSONReader.describe(range) == text)
    }

    @Test("text refuses U+0000; a line also refuses control characters and drops white space around it")
    func strings() throws {
        #expect(try faults(#""a\u0000b""#) { $0.text(length: 0...9) }.map(\.detail) == ["must not contain U+0000"])
        #expect(try faults(#""a\u0000b""#) { $0.line(length: 0...9) }.map(\.detail) == ["must not contain U+0000"])
        #expect(try faults(#""a\nb""#) { $0.text(length: 0...9) }.isEmpty)
        for escape in ["\\n", "\\r", "\\t", "\\u0001", "\\u007f", "\\u0085", "\\u2028", "\\u2029"] {
            #expect(
                try faults("\"a\(escape)b\"") { $0.line(length: 0...9) }.map(\.detail) == ["must not contain control characters"])
        }
        #expect(try JSONReader.decode(.string(" \u{A0}\n a b \t")) { $0.line(length: 3...3) } == "a b")
        #expect(try faults(#""   ""#) { $0.line(length: 1...9) }.map(\.detail) == ["must have 1 to 9 characters"])
        #expect(try faults(#""""#) { $0.text(length: 1...Int.max) }.map(\.detail) == ["must not be empty"])
    }

    @Test("lengths count Unicode scalars, neither bytes nor grapheme clusters")
    func lengths() throws {
        #expect(try faults(#""éééé""#) { $0.text(length: 4...4) }.isEmpty)
        #expect(try faults(#""e\u0301""#) { $0.text(length: 2...2) }.isEmpty)
        #expect(try faults("\"a" + String(repeating: "\u{301}", count: 50) + "\"") { $0.text(length: 1...10) }.count == 1)
    }

    enum Method: String, CaseIterable {
        case card, transfer
    }

    @Test("reads identifiers, times, enumerations and the caller's own types")
    func kinds() throws {
        let id = UUID.v7()
        let json = #"{"id":"\#(id.text)","at":"1970-01-01T00:00:01Z","method":"transfer","slug":"Mug"}"#
        let read = try JSONReader.decode(JSONValue.parse(Array(json.utf8))) { body in
            (
                body["id"].uuid(), body["at"].timestamp(), body["method"].choice(placeholder: Method.card),
                body["slug"].parsed("must be a slug", placeholder: "") { $0.isEmpty ? nil : $0.lowercased() }
            )
        }
        #expect(read.0 == id && read.1 == Timestamp(seconds: 1) && read.2 == .transfer && read.3 == "mug")
        let wrong = try faults(#"{"id":"x","at":"yesterday","method":"Card","slug":""}"#) { body in
            (
                body["id"].uuid(), body["at"].timestamp(), body["method"].choice(placeholder: Method.card),
                body["slug"].parsed("must be a slug", placeholder: "") { $0.isEmpty ? nil : $0.lowercased() }
            )
        }
        #expect(
            wrong.map(\.detail) == [
                "must be a UUID", "must be a time like 2026-11-21T03:26:48Z", "must be one of: card, transfer",
                "must be a slug",
            ])
    }

    @Test("reads members with any names in order")
    func members() throws {
        let value = try JSONValue.parse(Array(#"{"size":"M","colour":"red"}"#.utf8))
        let read = try JSONReader.decode(value) { body in body.members(count: 0...3) { "\($0)=\($1.line(length: 1...9))" } }
        #expect(read == ["size=M", "colour=red"])
        #expect(try faults(#"{"size":"M","colour":"red"}"#) { $0.members(count: 0...1) { $1.line(length: 1...9) } }.count == 1)
        #expect(try faults(#"{"":"M"}"#) { $0.members(count: 0...1) { $1.line(length: 1...9) } }.count == 1)
        #expect(try faults(#"{"a\u0000":"M"}"#) { $0.members(count: 0...1) { $1.line(length: 1...9) } }.count == 1)
        #expect(try faults(#"{"a":1}"#) { $0.members(count: 0...1) { $1.line(length: 1...9) } }.map(\.pointer) == ["/a"])
    }

    @Test("escapes ~ and / in a name as in RFC 6901")
    func pointers() throws {
        let found = try faults(#"{"a/b":{"m~n":1}}"#) { ($0["a/b"]["m~n"].boolean(), $0["~1"].boolean(), $0[""].boolean()) }
        #expect(found.map(\.pointer) == ["/a~1b/m~0n", "/~01", "/"])
    }

    @Test("keeps the first error of a value, and a limited number of errors of a document")
    func limits() throws {
        let own = try faults("5") { body in
            body.refuse("first")
            body.refuse("second")
        }
        #expect(own == [FieldError(pointer: "", detail: "first")])
        let many = "[" + Array(repeating: "1", count: 5_000).joined(separator: ",") + "]"
        #expect(try faults(many) { $0.array(count: 0...10_000) { $0.boolean() } }.count == JSONReader.maximumFaults)
        #expect(
            try faults(many) { $0.array(count: 0...10) { $0.boolean() } } == [
                FieldError(pointer: "", detail: "must have at most 10 elements")
            ])
    }
}
