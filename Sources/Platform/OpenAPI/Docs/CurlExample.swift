import Formats

/// An operation as a curl command to try.
struct CurlExample {
    let reader: SchemaReader
    let server: String

    /// Required parameters and a JSON body have example values.
    func command(_ operation: OpenAPIOperation) -> String {
        var path = operation.path
        var query: [String] = []
        var lines: [String] = []
        for parameter in operation.value["parameters"]?.arrayValue ?? [] {
            let parameter = reader.resolve(parameter).value
            guard let name = parameter["name"]?.stringValue else { continue }
            // An optional parameter is shown if the document has an example of it.
            let given = parameter["example"]
            guard given != nil || parameter["required"]?.boolValue == true else { continue }
            let value = text(given ?? reader.example(of: parameter["schema"] ?? .null))
            switch parameter["in"]?.stringValue {
            case "path": path = path.replacing("{\(name)}", with: PercentEncoding.encode(value))
            case "query": query.append("\(PercentEncoding.encode(name))=\(PercentEncoding.encode(value))")
            case "header": lines.append("-H \(quoted("\(name): \(value)"))")
            default: continue
            }
        }
        if OperationSection.needsToken(operation.value) {
            lines.append("-H \"Authorization: Bearer $TOKEN\"")
        }
        if let body = body(operation) {
            lines.append("-H 'Content-Type: application/json'")
            lines.append("-d \(quoted(body))")
        }
        let method = operation.method == "GET" ? "" : "-X \(operation.method) "
        let target = path + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
        return (["curl -s \(method)\(quoted(server + target))"] + lines).joined(separator: " \\\n  ")
    }

    private func body(_ operation: OpenAPIOperation) -> String? {
        guard let body = operation.value["requestBody"].map({ reader.resolve($0).value }),
            let media = body["content"]?["application/json"]
        else { return nil }
        return JSONLayout(reader.example(ofMedia: media)).text
    }

    private func text(_ value: JSONValue) -> String { value.stringValue ?? JSONLayout.compact(value) }

    /// For a POSIX shell: between single quotes only the quote itself is special.
    private func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
}
