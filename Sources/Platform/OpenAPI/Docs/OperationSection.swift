import Formats

/// One operation on the page.
struct OperationSection {
    let reader: SchemaReader
    let table: SchemaTable
    let curl: CurlExample

    init(_ document: OpenAPIDocument, server: String) {
        reader = SchemaReader(document: document)
        table = SchemaTable(reader: reader)
        curl = CurlExample(reader: reader, server: server)
    }

    /// Whether the call is for people who are signed in only: an empty alternative is for everyone else.
    static func needsToken(_ operation: JSONValue) -> Bool {
        guard let alternatives = operation["security"]?.arrayValue, !alternatives.isEmpty else { return false }
        return alternatives.allSatisfy { $0.objectValue?.isEmpty == false }
    }

    func render(_ operation: OpenAPIOperation) -> HTML {
        let value = operation.value
        let needsToken = Self.needsToken(value)
        return """
            <article id="\(operation.id)">
            <h3><span class="method \(operation.method.lowercased())">\(operation.method)</span>
            <code>\(path(operation.path))</code><a class="anchor" href="#\(operation.id)">#</a></h3>
            <div class="sides"><div>
            <p class="summary">\(HTML.inline(value["summary"]?.stringValue ?? ""))\(HTML.when(needsToken, " <mark>token</mark>"))</p>
            \(HTML.paragraphs(value["description"]?.stringValue ?? ""))
            \(parameters(value))\(requestBody(value))\(responses(value))
            </div><div class="examples">
            <figure><figcaption>Request</figcaption><pre>\(curl.command(operation))</pre></figure>
            \(responseExample(value))
            </div></div></article>

            """
    }

    /// The path with its parameters marked.
    func path(_ path: String) -> HTML {
        .joined(
            path.split(separator: "/", omittingEmptySubsequences: false).enumerated().map { index, part in
                let slash: HTML = index == 0 ? "" : "/"
                return part.hasPrefix("{") ? slash + "<var>\(part)</var>" : slash + "\(part)"
            })
    }

    private func parameters(_ operation: JSONValue) -> HTML {
        let parameters = (operation["parameters"]?.arrayValue ?? []).map { reader.resolve($0).value }
        guard !parameters.isEmpty else { return "" }
        let rows = parameters.map { parameter -> HTML in
            let schema = parameter["schema"] ?? .null
            let rules = table.rules(schema)
            let note: HTML = rules.text.isEmpty ? "" : " <small>\(rules)</small>"
            return """
                <tr><td><code>\(parameter["name"]?.stringValue ?? "")</code>\
                \(HTML.when(parameter["required"]?.boolValue == true, "<em>required</em>"))</td>
                <td class="type">\(parameter["in"]?.stringValue ?? ""), \(table.type(schema))</td>
                <td>\(HTML.inline(parameter["description"]?.stringValue ?? ""))\(note)</td></tr>
                """
        }
        return """
            <h4>Parameters</h4>
            <div class="scroll"><table class="fields"><tbody>\(HTML.joined(rows))</tbody></table></div>
            """
    }

    private func requestBody(_ operation: JSONValue) -> HTML {
        guard let body = operation["requestBody"].map({ reader.resolve($0).value }) else { return "" }
        let media = (body["content"]?.objectValue?.members ?? []).map { media -> HTML in
            let schema = media.value["schema"] ?? .null
            return "<p class=\"media\"><code>\(media.name)</code> \(table.type(schema))</p>\(table.properties(schema))"
        }
        return "<h4>Body</h4>\(HTML.paragraphs(body["description"]?.stringValue ?? ""))\(HTML.joined(media))"
    }

    private func responses(_ operation: JSONValue) -> HTML {
        let rows = (operation["responses"]?.objectValue?.members ?? []).map { response -> HTML in
            let value = reader.resolve(response.value).value
            let types = (value["content"]?.objectValue?.members ?? []).map { media -> HTML in
                " <span class=\"type\">\(table.type(media.value["schema"] ?? .null))</span>"
            }
            let inline = (value["content"]?.objectValue?.members ?? []).filter { $0.value["schema"]?["$ref"] == nil }
                .map { table.properties($0.value["schema"] ?? .null) }
            let tone = response.name.first == "2" ? "good" : response.name.first == "3" ? "same" : "bad"
            return """
                <dt><span class="status \(tone)">\(response.name == "default" ? "other" : response.name)</span></dt>
                <dd>\(HTML.inline(value["description"]?.stringValue ?? ""))\(HTML.joined(types))\(headers(value))\
                \(HTML.joined(inline))</dd>
                """
        }
        return rows.isEmpty ? "" : "<h4>Responses</h4><dl>\(HTML.joined(rows))</dl>"
    }

    private func headers(_ response: JSONValue) -> HTML {
        // Every response has the request's id; the introduction describes it.
        let fields = (response["headers"]?.objectValue?.members ?? []).filter { $0.name != "X-Request-Id" }
        let names = fields.map { header -> HTML in
            "<code>\(header.name)</code>"
        }
        return .when(!names.isEmpty, "<br><small>with \(HTML.joined(names, separator: ", "))</small>")
    }

    /// The first successful response that has a JSON body.
    private func responseExample(_ operation: JSONValue) -> HTML {
        for response in operation["responses"]?.objectValue?.members ?? [] where response.name.first == "2" {
            let value = reader.resolve(response.value).value
            guard let media = value["content"]?["application/json"] else { continue }
            let example = reader.example(ofMedia: media)
            return "<figure><figcaption>Response \(response.name)</figcaption><pre>\(HTML.json(example))</pre></figure>"
        }
        return ""
    }
}
