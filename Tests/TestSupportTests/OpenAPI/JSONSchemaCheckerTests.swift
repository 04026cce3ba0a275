import Testing

@testable import TestSupport

@Suite("JSON schema checker")
struct JSONSchemaCheckerTests {
    private static let document = """
        {"components": {"schemas": {
          "Money": {"type": "object", "required": ["amount"], "additionalProperties": false,
                    "properties": {"amount": {"type": "integer", "minimum": 0}, "note": {"type": ["string", "null"]}}},
          "Tree": {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}},
                   "additionalProperties": false},
          "Circle": {"$ref": "#/components/schemas/Circle"},
          "with/slash": {"type": "string"}
        }}}
        """

    private func keywords(_ schema: String, _ value: String) throws -> [String] {
        try violations(schema, value).map { "\($0.pointer) \($0.keyword)" }
    }

    private func violations(_ schema: String, _ value: String) throws -> [SchemaViolation] {
        let checker = JSONSchemaChecker(document: try JSONTree(Self.document))
        return checker.violations(of: try JSONTree(value), by: try JSONTree(schema))
    }

    @Test(
        "tells the types of JSON apart",
        arguments: [
            ("null", ["null"]), ("true", ["boolean"]), ("false", ["boolean"]), ("0", ["integer", "number"]),
            ("1", ["integer", "number"]), ("1.0", ["integer", "number"]), ("1.5", ["number"]), (#""1""#, ["string"]),
            ("[]", ["array"]), ("{}", ["object"]),
        ])
    func types(value: String, kinds: [String]) throws {
        for kind in ["null", "boolean", "integer", "number", "string", "array", "object"] {
            #expect(
                try keywords(#"{"type": "\#(kind)"}"#, value) == (kinds.contains(kind) ? [] : [" type"]), "\(value) as \(kind)")
        }
    }

    @Test("takes one of several types") func severalTypes() throws {
        #expect(try keywords(#"{"type": ["string", "null"]}"#, "null") == [])
        #expect(try keywords(#"{"type": ["string", "null"]}"#, #""a""#) == [])
        #expect(try keywords(#"{"type": ["string", "null"]}"#, "1") == [" type"])
    }

    @Test(
        "finds each kind of violation",
        arguments: [
            (#"{"required": ["a", "b"]}"#, #"{"a": 1}"#, " required"),
            (#"{"properties": {"a": {"type": "string"}}}"#, #"{"a": 1}"#, "/a type"),
            (#"{"properties": {"a": true}, "additionalProperties": false}"#, #"{"a": 1, "b": 2}"#, " additionalProperties"),
            (#"{"additionalProperties": {"type": "string"}}"#, #"{"a": "x", "b": 2}"#, "/b type"),
            (#"{"minProperties": 2}"#, #"{"a": 1}"#, " minProperties"),
            (#"{"maxProperties": 1}"#, #"{"a": 1, "b": 1}"#, " maxProperties"),
            (#"{"items": {"type": "integer"}}"#, #"[1, "2"]"#, "/1 type"),
            (#"{"minItems": 1}"#, "[]", " minItems"),
            (#"{"maxItems": 1}"#, "[1, 2]", " maxItems"),
            (#"{"uniqueItems": true}"#, "[1, 2, 1]", " uniqueItems"),
            (#"{"enum": ["a", "b"]}"#, #""c""#, " enum"),
            (#"{"const": "a"}"#, #""b""#, " const"),
            (#"{"const": true}"#, "1", " const"),
            (#"{"pattern": "^[A-Z]{3}$"}"#, #""usd""#, " pattern"),
            (#"{"minLength": 2}"#, #""é""#, " minLength"),
            (#"{"maxLength": 1}"#, #""ab""#, " maxLength"),
            (#"{"minimum": 1}"#, "0", " minimum"),
            (#"{"maximum": 999}"#, "1000", " maximum"),
            (#"{"exclusiveMinimum": 1}"#, "1", " exclusiveMinimum"),
            (#"{"exclusiveMaximum": 1}"#, "1", " exclusiveMaximum"),
            (#"{"multipleOf": 5}"#, "7", " multipleOf"),
            (#"{"not": {"type": "string"}}"#, #""a""#, " not"),
            (#"{"allOf": [{"type": "string"}, {"minLength": 3}]}"#, #""ab""#, " minLength"),
            (#"{"anyOf": [{"type": "string"}, {"type": "null"}]}"#, "1", " anyOf"),
            (#"{"oneOf": [{"type": "string"}, {"type": "null"}]}"#, "1", " oneOf"),
            (#"{"oneOf": [{"minimum": 1}, {"maximum": 5}]}"#, "3", " oneOf"),
            (##"{"$ref": "#/components/schemas/Money"}"##, ##"{"amount": -1}"##, "/amount minimum"),
            (
                ##"{"$ref": "#/components/schemas/Money", "description": "siblings count in 3.1", "minProperties": 2}"##,
                ##"{"amount": 1}"##, " minProperties"
            ),
            (
                ##"{"$ref": "#/components/schemas/Tree"}"##, ##"{"children": [{"children": [{"x": 1}]}]}"##,
                "/children/0/children/0 additionalProperties"
            ),
            (#"{"properties": {"a/b~c": {"type": "string"}}}"#, #"{"a/b~c": 1}"#, "/a~1b~0c type"),
            ("false", "1", " false"),
        ])
    func violation(schema: String, value: String, found: String) throws {
        #expect(try keywords(schema, value) == [found])
    }

    @Test(
        "lets through what keeps the rules",
        arguments: [
            (
                #"{"required": ["a"], "properties": {"a": {"type": "integer", "minimum": 1, "maximum": 9}}}"#,
                #"{"a": 9, "b": []}"#
            ),
            (#"{"anyOf": [{"minimum": 1}, {"maximum": 5}]}"#, "3"),
            (#"{"oneOf": [{"type": "string"}, {"type": "null"}]}"#, "null"),
            (##"{"$ref": "#/components/schemas/Money"}"##, ##"{"amount": 0, "note": null}"##),
            (##"{"$ref": "#/components/schemas/with~1slash"}"##, ##""a""##),
            (#"{"minLength": 1, "pattern": "x", "format": "uuid"}"#, "17"),
            (#"{"title": "t", "description": "d", "default": 1, "examples": [2], "deprecated": true}"#, "3"),
            ("true", "1"),
        ])
    func allowed(schema: String, value: String) throws {
        #expect(try violations(schema, value) == [])
    }

    @Test(
        "knows the formats",
        arguments: [
            ("uuid", "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21", true), ("uuid", "019a2f6e3c417d029b1e5f0c8a7d4e21", false),
            ("uuid", "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21\n", false), ("date-time", "2026-03-04T18:20:11.402117Z", true),
            ("date-time", "2026-03-04T18:20:11+01:00", true), ("date-time", "2026-03-04 18:20:11Z", false),
            ("date-time", "2026-02-30T18:20:11Z", false), ("date-time", "2026-03-04T24:20:11Z", false),
            ("date-time", "2026-03-04T18:20:11", false), ("email", "ada@example.com", true), ("email", "ada@example", false),
            ("email", "ada example@x.y", false), ("uri-reference", "/v1/carts?a=b#c", true), ("uri-reference", "/a b", false),
            ("uri-reference", "/a%zz", false), ("uri", "https://shop.example/a", true), ("uri", "/a", false),
        ])
    func formats(format: String, text: String, isOf: Bool) throws {
        let value = JSONTree.string(text)
        let schema = try JSONTree(#"{"format": "\#(format)"}"#)
        let found = JSONSchemaChecker(document: .null).violations(of: value, by: schema)
        #expect(found.map(\.keyword) == (isOf ? [] : ["format"]))
    }

    @Test(
        "names a schema that it cannot use instead of letting everything through",
        arguments: [
            ##"{"unevaluatedProperties": false}"##, ##"{"propertyNames": {}}"##, ##"{"$ref": "#/components/schemas/None"}"##,
            ##"{"$ref": "other.json"}"##, ##"{"$ref": "#/components/schemas/Circle"}"##, ##"{"format": "colour"}"##,
            ##"{"pattern": "("}"##, "3",
        ])
    func unusable(schema: String) throws {
        #expect(try violations(schema, #""text""#).map(\.keyword) == ["checker"])
    }

    @Test("reports every violation, not only the first") func all() throws {
        let found = try keywords(
            #"{"type": "object", "required": ["x"], "additionalProperties": false, "properties": {"a": {"type": "string"}, "b": {"minimum": 5}}}"#,
            #"{"a": 1, "b": 2, "c": 3}"#)
        #expect(Set(found) == ["/a type", "/b minimum", " additionalProperties", " required"])
    }

    @Test(
        "schemas that are open to later versions are closed on request",
        arguments: [
            (#"{"properties": {"a": true}}"#, #"{"a": 1, "b": 2}"#, " additionalProperties"),
            (#"{"properties": {"a": {"properties": {"b": true}}}}"#, #"{"a": {"c": 1}}"#, "/a additionalProperties"),
            (#"{"x-extensible-enum": ["a"]}"#, #""b""#, " x-extensible-enum"),
            (#"{"properties": {"a": true}, "additionalProperties": {"type": "string"}}"#, #"{"a": 1, "b": "x"}"#, nil),
            (##"{"$ref": "#/definitions/a", "properties": {"a": {"type": "integer"}}}"##, #"{"a": 1, "b": 2}"#, nil),
            (#"{"type": "object"}"#, #"{"b": 2}"#, nil), (#"{"x-extensible-enum": ["a"]}"#, #""a""#, nil),
        ] as [(String, String, String?)])
    func closed(schema: String, value: String, fault: String?) throws {
        let document = try JSONTree(#"{"definitions": {"a": {"properties": {"a": true, "b": true}}}}"#)
        let (schema, value) = (try JSONTree(schema), try JSONTree(value))
        #expect(JSONSchemaChecker(document: document).violations(of: value, by: schema).isEmpty)
        let found = JSONSchemaChecker(document: document, isClosed: true).violations(of: value, by: schema)
        #expect(found.map { "\($0.pointer) \($0.keyword)" } == [fault].compactMap { $0 })
    }
}
