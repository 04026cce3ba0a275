import Formats

/// Reads the Schema Objects of a document and follows their references.
struct SchemaReader {
    let document: OpenAPIDocument

    /// The target of a reference and its name, or the value itself if it is not a reference.
    func resolve(_ value: JSONValue) -> (value: JSONValue, name: String?) {
        var (value, name) = (value, String?.none)
        // A longer chain of references is a circle.
        for _ in 0..<8 {
            guard let reference = value["$ref"]?.stringValue, let target = document.resolve(reference) else { break }
            name = reference.split(separator: "/").last.map(String.init)
            value = target
        }
        return (value, name)
    }

    /// The properties of an object, including those of `allOf`, and whether they are required.
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

    /// The example of a Media Type Object: its own, the first of several, or one made from its schema.
    func example(ofMedia media: JSONValue) -> JSONValue {
        media["example"] ?? media["examples"]?.objectValue?.members.first?.value["value"]
            ?? example(of: media["schema"] ?? .null)
    }

    /// An example value: the schema's own, or one made from its types.
    func example(of schema: JSONValue) -> JSONValue { example(of: schema, within: []) }

    /// - Parameter names: the named schemas around it; a schema that contains itself gets no example within itself
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
            // Only the root of a tree is shown: its branches would be null.
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
