import Formats

/// Finds faults that would confuse readers and client generators.
struct OpenAPIValidator {
    private let document: JSONValue
    private let operations: [OpenAPIOperation]

    init(_ document: JSONValue, _ operations: [OpenAPIOperation]) {
        self.document = document
        self.operations = operations
    }

    var faults: [String] {
        var faults = Set(references(in: document)).filter { document.resolve($0) == nil }.sorted()
            .map { "\($0) does not exist" }
        var ids: Set<String> = []
        for operation in operations {
            let name = "\(operation.method) \(operation.path)"
            if operation.id.isEmpty { faults.append("\(name) has no operationId") }
            if !ids.insert(operation.id).inserted { faults.append("two operations have the id \(operation.id)") }
            if operation.tag.isEmpty { faults.append("\(name) has no tag") }
            if operation.value["summary"]?.stringValue == nil { faults.append("\(name) has no summary") }
            if operation.value["responses"]?.objectValue?.members.contains(where: { $0.name != "default" }) != true {
                faults.append("\(name) has no responses")
            }
            faults += parameterFaults(of: operation).map { "\(name): \($0)" }
        }
        return faults
    }

    /// OpenAPI 3.1 §4.8.12: each template expression of a path has a parameter, which is required.
    private func parameterFaults(of operation: OpenAPIOperation) -> [String] {
        let parameters = (operation.value["parameters"]?.arrayValue ?? []).map { parameter in
            parameter["$ref"]?.stringValue.flatMap { document.resolve($0) } ?? parameter
        }
        let declared = parameters.filter { $0["in"]?.stringValue == "path" }.compactMap { $0["name"]?.stringValue }
        let named = operation.path.split(separator: "/").filter { $0.hasPrefix("{") && $0.hasSuffix("}") }
            .map { String($0.dropFirst().dropLast()) }
        var faults = named.filter { !declared.contains($0) }.map { "parameter \($0) is not described" }
        faults += declared.filter { !named.contains($0) }.map { "parameter \($0) is not in the path" }
        for parameter in parameters {
            let name = parameter["name"]?.stringValue ?? ""
            if name.isEmpty || parameter["in"]?.stringValue == nil { faults.append("a parameter lacks `name` or `in`") }
            if parameter["in"]?.stringValue == "path", parameter["required"]?.boolValue != true {
                faults.append("parameter \(name) must be required")
            }
        }
        return faults
    }

    private func references(in value: JSONValue) -> [String] {
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

extension JSONValue {
    /// The value that a pointer such as `#/components/schemas/Product` refers to (RFC 6901 §6).
    func resolve(_ reference: String) -> JSONValue? {
        guard reference.hasPrefix("#/") else { return nil }
        var value: JSONValue? = self
        for step in reference.dropFirst(2).split(separator: "/", omittingEmptySubsequences: false) {
            value = value?[String(step).replacing("~1", with: "/").replacing("~0", with: "~")]
        }
        return value
    }
}
