import Formats

extension OpenAPIDocument {
    /// What a reader or a generator of clients would stumble over.
    static func faults(in document: JSONValue, _ operations: [OpenAPIOperation]) -> [String] {
        var faults = Set(references(in: document)).filter { resolve($0, in: document) == nil }.sorted()
            .map { "\($0) is not there" }
        var ids: Set<String> = []
        for operation in operations {
            let name = "\(operation.method) \(operation.path)"
            if operation.id.isEmpty { faults.append("\(name) has no operationId") }
            if !ids.insert(operation.id).inserted { faults.append("two operations \(operation.id)") }
            if operation.value["summary"]?.stringValue == nil { faults.append("\(name) has no summary") }
            if operation.value["responses"]?.objectValue?.members.contains(where: { $0.name != "default" }) != true {
                faults.append("\(name) has no responses")
            }
            faults += parameterFaults(of: operation, in: document).map { "\(name): \($0)" }
        }
        return faults
    }

    /// OpenAPI 3.1 §4.8.12: every template expression of a path has its parameter, and it is required.
    private static func parameterFaults(of operation: OpenAPIOperation, in document: JSONValue) -> [String] {
        let parameters = (operation.value["parameters"]?.arrayValue ?? []).map { parameter in
            parameter["$ref"]?.stringValue.flatMap { resolve($0, in: document) } ?? parameter
        }
        let declared = parameters.filter { $0["in"]?.stringValue == "path" }.compactMap { $0["name"]?.stringValue }
        let named = operation.path.split(separator: "/").filter { $0.hasPrefix("{") && $0.hasSuffix("}") }
            .map { String($0.dropFirst().dropLast()) }
        var faults = named.filter { !declared.contains($0) }.map { "parameter \($0) is not described" }
        faults += declared.filter { !named.contains($0) }.map { "parameter \($0) is not in the path" }
        for parameter in parameters {
            let name = parameter["name"]?.stringValue ?? ""
            if name.isEmpty || parameter["in"]?.stringValue == nil { faults.append("a parameter without name or place") }
            if parameter["in"]?.stringValue == "path", parameter["required"]?.boolValue != true {
                faults.append("parameter \(name) must be required")
            }
        }
        return faults
    }

    static func resolve(_ reference: String, in document: JSONValue) -> JSONValue? {
        guard reference.hasPrefix("#/") else { return nil }
        var value: JSONValue? = document
        for step in reference.dropFirst(2).split(separator: "/", omittingEmptySubsequences: false) {
            value = value?[String(step).replacing("~1", with: "/").replacing("~0", with: "~")]
        }
        return value
    }

    private static func references(in value: JSONValue) -> [String] {
        switch value {
        case .array(let elements): elements.flatMap(references)
        case .object(let object):
            object.members.flatMap { member in
                if member.name == "$ref", let reference = member.value.stringValue {
                    [reference]
                } else {
                    references(in: member.value)
                }
            }
        default: []
        }
    }
}
