import Formats

/// Reads the Schema Objects of a document, references followed.
struct SchemaReader {
    let document: OpenAPIDocument

    /// What a reference names, and what it is called; the value itself where it is none.
    func resolve(_ value: JSONValue) -> (value: JSONValue, name: String?) {
        var (value, name) = (value, String?.none)
        // A chain of references longer than this is a circle.
        for _ in 0..<8 {
            guard let reference = value["$ref"]?.stringValue, let target = document.resolve(reference) else { break }
            name = reference.split(separator: "/").last.map(String.init)
            value = target
        }
        return (value, name)
    }

    /// The properties of an object, those of `allOf` included, with whether they must be there.
    func properties(of schema: JSONValue, depth: Int = 0) -> [(name: String, schema: JSONValue, isRequired: Bool)] {
        guard depth < 8 else { return [] }
        let schema = resolve(schema).value
        let required = (schema["required"]?.arrayValue ?? []).compactMap(\.stringValue)
        let own = (schema["properties"]?.objectValue?.members ?? []).map { member in
            (name: member.name, schema: member.value, isRequired: required.contains(member.name))
        }
        let inherited = (schema["allOf"]?.arrayValue ?? []).flatMap { properties(of: $0, depth: depth + 1) }
        return inherited.filter { property in !own.contains { $0.name == property.name } } + own
    }

    /// The type's names without `null`, and whether null is allowed as well.
    func types(of schema: JSONValue) -> (names: [String], isNullable: Bool) {
        var names = schema["type"]?.arrayValue?.compactMap(\.stringValue) ?? []
        if let name = schema["type"]?.stringValue { names = [name] }
        return (names.filter { $0 != "null" }, names.contains("null"))
    }

    /// The example of a Media Type Object: its own, the first of several, else one made up from its schema.
    func example(ofMedia media: JSONValue) -> JSONValue {
        media["example"] ?? media["examples"]?.objectValue?.members.first?.value["value"]
            ?? example(of: media["schema"] ?? .null)
    }

    /// An example value: the schema's own, else one made up from its types.
    func example(of schema: JSONValue) -> JSONValue { example(of: schema, within: []) }

    /// - Parameter names: the named schemas around it: one that contains itself is not begun again.
    private func example(of schema: JSONValue, within names: [String]) -> JSONValue {
        let (schema, name) = resolve(schema)
        var names = names
        if let name {
            guard !names.contains(name) else { return .null }
            names.append(name)
        }
        if let given = schema["example"] ?? schema["examples"]?.arrayValue?.first ?? schema["const"] ?? schema["default"]
            ?? schema["enum"]?.arrayValue?.first ?? schema["x-extensible-enum"]?.arrayValue?.first
        {
            return given
        }
        if let choice = (schema["oneOf"] ?? schema["anyOf"])?.arrayValue?.first {
            return example(of: choice, within: names)
        }
        let types = types(of: schema)
        if schema["properties"] != nil || schema["allOf"] != nil || types.names.first == "object" {
            var object = JSONObject()
            for property in properties(of: schema) {
                object.append(property.name, example(of: property.schema, within: names))
            }
            return .object(object)
        }
        switch types.names.first {
        case "array":
            // Of a tree only the root is shown: its branches would be null.
            guard let items = schema["items"], resolve(items).name.map({ !names.contains($0) }) ?? true else {
                return .array([])
            }
            return .array([example(of: items, within: names)])
        case "integer", "number": return schema["minimum"] ?? .number(JSONNumber(1))
        case "boolean": return .bool(true)
        case "string": return .string(text(schema["format"]?.stringValue))
        default: return .null
        }
    }

    private func text(_ format: String?) -> String {
        switch format {
        case "uuid": "01980a3c-5d1e-7b60-9c1d-3f2a7c9e5b10"
        case "date-time": "2026-05-04T12:00:00Z"
        case "date": "2026-05-04"
        case "email": "ada@example.com"
        case "uri", "uri-reference", "url": "https://example.com/"
        default: "string"
        }
    }
}
