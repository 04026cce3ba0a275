/// What an API document must have so that people and generators of clients can use it.
extension OpenAPIContract {
    private static let methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"]

    /// Every fault of the document, in words.
    package func structureFaults() -> [String] {
        var faults = referenceFaults(document, "#")
        if document["openapi"]?.text?.hasPrefix("3.1.") != true { faults.append("is not OpenAPI 3.1") }
        let tags = (document["tags"]?.elements ?? []).compactMap { $0["name"]?.text }
        var ids: Set<String> = []
        for (path, item) in document["paths"]?.members.sorted(by: { $0.key < $1.key }) ?? [] {
            for (method, operation) in item.members.sorted(by: { $0.key < $1.key }) where Self.methods.contains(method) {
                let name = "\(method.uppercased()) \(path)"
                faults += operationFaults(operation, path, tags: tags).map { "\(name): \($0)" }
                if let id = operation["operationId"]?.text, !ids.insert(id).inserted {
                    faults.append("\(name): operationId \(id) is another's")
                }
            }
        }
        return faults + exampleFaults(document, "#")
    }

    private func operationFaults(_ operation: JSONTree, _ path: String, tags: [String]) -> [String] {
        var faults: [String] = []
        for member in ["operationId", "summary"] where operation[member]?.text?.isEmpty != false {
            faults.append("has no \(member)")
        }
        let own = (operation["tags"]?.elements ?? []).compactMap(\.text)
        if own.isEmpty { faults.append("has no tags") }
        faults += own.filter { !tags.contains($0) }.map { "tag \($0) is not described" }
        let responses = operation["responses"]?.members ?? [:]
        // A call that goes on in another protocol succeeds with 101.
        if !responses.keys.contains(where: { $0.hasPrefix("2") || $0 == "101" }) {
            faults.append("has no answer that is a success")
        }
        let refusals = responses.filter { $0.key == "default" || $0.key.hasPrefix("4") }
        if refusals.isEmpty { faults.append("has no answer that is a refusal") }
        for (status, response) in refusals.sorted(by: { $0.key < $1.key }) {
            guard let response = resolved(response) else { continue }
            if response["content"]?["application/problem+json"] == nil { faults.append("\(status) is no problem") }
        }
        for (status, response) in responses where resolved(response)?["description"]?.text?.isEmpty != false {
            faults.append("\(status) has no description")
        }
        return faults + parameterFaults(operation, path)
    }

    private func parameterFaults(_ operation: JSONTree, _ path: String) -> [String] {
        let named = Set(path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) })
        let parameters = parameters(of: operation)
        let inPath = parameters.filter { $0["in"]?.text == "path" }
        let described = Set(inPath.compactMap { $0["name"]?.text })
        var faults = named.subtracting(described).map { "path parameter \($0) is not described" }
        faults += described.subtracting(named).map { "path parameter \($0) is not in the path" }
        faults += inPath.filter { $0["required"] != .bool(true) }.map {
            "path parameter \($0["name"]?.text ?? "") is not required"
        }
        faults += parameters.filter { $0["schema"] == nil }.map { "parameter \($0["name"]?.text ?? "") has no schema" }
        let keys = parameters.map { "\($0["in"]?.text ?? "") \($0["name"]?.text ?? "")" }
        if Set(keys).count != keys.count { faults.append("a parameter is there twice") }
        return faults
    }

    private func referenceFaults(_ value: JSONTree, _ pointer: String) -> [String] {
        switch value {
        case .array(let elements):
            elements.enumerated().flatMap { referenceFaults($1, "\(pointer)/\($0)") }
        case .object(let members):
            members.sorted { $0.key < $1.key }.flatMap { name, member in
                if name == "$ref", let target = member.text {
                    target.hasPrefix("#/") && document.at(target) != nil ? [] : ["\(pointer): \(target) is not there"]
                } else {
                    referenceFaults(member, JSONSchemaChecker.child(pointer, name))
                }
            }
        default: []
        }
    }

    /// Every example stands beside a schema, and keeps it. Schemas' own `examples` are held against them too.
    private func exampleFaults(_ value: JSONTree, _ pointer: String) -> [String] {
        switch value {
        case .array(let elements):
            return elements.enumerated().flatMap { exampleFaults($1, "\(pointer)/\($0)") }
        case .object(let members):
            var faults: [String] = []
            if let schema = members["schema"] {
                var examples = (members["examples"]?.members ?? [:]).sorted { $0.key < $1.key }.map {
                    ($0.key, $0.value["value"] ?? .null)
                }
                if let example = members["example"] { examples.append(("example", example)) }
                for (name, example) in examples {
                    faults += checker.violations(of: example, by: schema).map { "\(pointer) example \(name)\($0)" }
                }
            } else if case .array(let examples) = members["examples"] {
                let schema = JSONTree.object(members)
                faults += examples.flatMap { checker.violations(of: $0, by: schema) }.map { "\(pointer) example\($0)" }
            }
            // What is inside an example is no part of the document.
            return faults
                + members.sorted { $0.key < $1.key }.filter { $0.key != "value" && $0.key != "example" && $0.key != "examples" }
                .flatMap { exampleFaults($1, JSONSchemaChecker.child(pointer, $0)) }
        default: return []
        }
    }
}
