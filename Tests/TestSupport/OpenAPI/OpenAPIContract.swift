/// Holds a service's answers against the document it publishes.
///
///     let contract = try OpenAPIContract(try await client.get("/openapi.json").body)
///     #expect(contract.violations(of: response, to: "GET", "/v1/products?limit=2") == [])
package struct OpenAPIContract: Sendable {
    package let document: JSONTree
    let checker: JSONSchemaChecker

    /// - Parameter document: the served document's bytes.
    package init(_ document: [UInt8]) throws {
        self.document = try JSONTree(document)
        checker = JSONSchemaChecker(document: self.document, isClosed: true)
    }

    /// Everything about an answer that the document does not allow, in words.
    /// - Parameters:
    ///   - method: of the request, in any case; HEAD is judged as GET without a body
    ///   - target: of the request, with or without a query
    package func violations(of response: HTTPTestResponse, to method: String, _ target: String) -> [String] {
        violations(
            of: Answer(status: response.status, headers: response.headers, body: response.body), to: method, target)
    }

    /// A server's response, from any test client.
    package struct Answer: Sendable {
        package let status: Int
        package let headers: [(name: String, value: String)]
        package let body: [UInt8]

        package init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
            self.status = status
            self.headers = headers
            self.body = body
        }

        func all(_ name: String) -> [String] {
            headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
        }
    }

    /// The same for an answer from elsewhere.
    package func violations(of answer: Answer, to method: String, _ target: String) -> [String] {
        let isHead = method.uppercased() == "HEAD"
        let call = "\(method.uppercased()) \(target) → \(answer.status)"
        guard let operation = operation(isHead ? "get" : method.lowercased(), target) else {
            return ["\(call): no such call is described"]
        }
        let responses = operation["responses"]
        guard
            let declared = responses?["\(answer.status)"] ?? responses?["\(answer.status / 100)XX"] ?? responses?["default"],
            let response = resolved(declared)
        else { return ["\(call): the status is not described"] }
        return (headerFaults(response, answer) + bodyFaults(response, answer, isHead: isHead)).map { "\(call): \($0)" }
    }

    /// The operation that a request is for: literal segments win over parameters, as in the router.
    package func operation(_ method: String, _ target: String) -> JSONTree? {
        let path = target.prefix { $0 != "?" && $0 != "#" }
        let candidates = (document["paths"]?.members ?? [:]).compactMap { template, item -> (PathTemplate, JSONTree)? in
            guard let operation = item[method] else { return nil }
            let rests = parameters(of: operation).filter { $0["x-multi-segment"] == .bool(true) }.compactMap { $0["name"]?.text }
            let template = PathTemplate(template, multiSegment: rests)
            return template.matches(path) ? (template, operation) : nil
        }
        return candidates.min { $0.0.isMoreLiteral(than: $1.0) }?.1
    }

    // MARK: Parts of an answer

    private func headerFaults(_ response: JSONTree, _ answer: Answer) -> [String] {
        (response["headers"]?.members ?? [:]).sorted { $0.key < $1.key }.flatMap { name, declared -> [String] in
            guard let header = resolved(declared) else { return ["header \(name) refers to what is not there"] }
            let values = answer.all(name)
            guard let value = values.first else {
                return header["required"] == .bool(true) ? ["header \(name) is missing"] : []
            }
            guard values.count == 1 else { return ["header \(name) is there \(values.count) times"] }
            guard let schema = header["schema"] else { return [] }
            return checker.violations(of: .string(value), by: schema).map { "header \(name)\($0.description)" }
        }
    }

    private func bodyFaults(_ response: JSONTree, _ answer: Answer, isHead: Bool) -> [String] {
        let content = response["content"]?.members ?? [:]
        if isHead { return answer.body.isEmpty ? [] : ["HEAD has a body"] }
        guard !content.isEmpty else { return answer.body.isEmpty ? [] : ["has a body, and none is described"] }
        let types = answer.all("Content-Type")
        guard types.count == 1, let sent = types.first else { return ["Content-Type is there \(types.count) times"] }
        let type = sent.prefix { $0 != ";" }.trimmingSuffix(" ").lowercased()
        let range = type.prefix { $0 != "/" } + "/*"
        guard let media = content[type] ?? content[String(range)] else { return ["Content-Type \(type) is not described"] }
        guard type == "application/json" || type.hasSuffix("+json") && type.hasPrefix("application/") else { return [] }
        let value: JSONTree
        do { value = try JSONTree(answer.body) } catch { return ["\(error)"] }
        guard let schema = media["schema"] else { return ["\(type) has no schema"] }
        var faults = checker.violations(of: value, by: schema).map(\.description)
        if type == "application/problem+json", value["status"]?.number != Double(answer.status) {
            faults.append("the problem's status is not the answer's")
        }
        return faults
    }

    // MARK: References

    func parameters(of operation: JSONTree) -> [JSONTree] {
        (operation["parameters"]?.elements ?? []).compactMap(resolved)
    }

    /// The object itself, or what its `$ref` names.
    func resolved(_ value: JSONTree) -> JSONTree? {
        guard let reference = value["$ref"]?.text else { return value }
        return document.at(reference)
    }
}

extension Substring {
    fileprivate func trimmingSuffix(_ character: Character) -> Substring {
        var text = self
        while text.last == character { text.removeLast() }
        return text
    }
}
