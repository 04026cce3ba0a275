import Testing

@testable import TestSupport

@Suite("API contract")
struct OpenAPIContractTests {
    private static let document = """
        {"openapi": "3.1.0", "tags": [{"name": "Things", "description": "All."}],
         "paths": {
           "/things/{id}": {"get": {"operationId": "getThing", "summary": "s", "tags": ["Things"],
             "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
             "responses": {
               "200": {"description": "d", "headers": {"ETag": {"required": true, "schema": {"type": "string", "pattern": "^\\""}},
                                    "Link": {"schema": {"type": "string", "maxLength": 3}}},
                       "content": {"application/json": {"schema": {"type": "object", "required": ["id"], "additionalProperties": false,
                                    "properties": {"id": {"type": "integer"}}}}}},
               "204": {"description": "d"},
               "default": {"$ref": "#/components/responses/Problem"}}}},
           "/things/new": {"get": {"operationId": "newThing", "summary": "s", "tags": ["Things"],
             "responses": {"2XX": {"description": "d", "content": {"text/*": {"schema": {"type": "string"}}}},
                           "404": {"$ref": "#/components/responses/Problem"}}}},
           "/files/{path}": {"get": {"operationId": "getFile", "summary": "s", "tags": ["Things"],
             "parameters": [{"name": "path", "in": "path", "required": true, "x-multi-segment": true, "schema": {"type": "string"}}],
             "responses": {"200": {"description": "d"}, "default": {"$ref": "#/components/responses/Problem"}}}}
         },
         "components": {"responses": {"Problem": {"description": "d", "content": {"application/problem+json": {"schema":
           {"type": "object", "required": ["status"], "properties": {"status": {"type": "integer"}}}}}}}}}
        """

    private func violations(
        _ method: String, _ target: String, _ status: Int, _ headers: [(String, String)] = [], _ body: String = ""
    ) throws -> [String] {
        let contract = try OpenAPIContract(Array(Self.document.utf8))
        let prefix = "\(method) \(target) → \(status): "
        return contract.violations(
            of: .init(status: status, headers: headers.map { (name: $0.0, value: $0.1) }, body: Array(body.utf8)), to: method,
            target
        ).map { $0.hasPrefix(prefix) ? String($0.dropFirst(prefix.count)) : $0 }
    }

    private let json = [("content-type", "application/json"), ("etag", "\"a\"")]

    @Test("lets through what is described") func allowed() throws {
        #expect(try violations("GET", "/things/7?x=/y", 200, json, #"{"id": 7}"#) == [])
        #expect(try violations("HEAD", "/things/7", 200, json) == [])
        #expect(try violations("GET", "/things/7", 204) == [])
        #expect(try violations("GET", "/things/new", 201, [("Content-Type", "text/plain; charset=utf-8")], "a") == [])
        #expect(try violations("GET", "/files/a/b.svg", 200) == [])
        #expect(
            try violations("GET", "/things/7", 500, [("Content-Type", "application/problem+json")], #"{"status": 500}"#) == [])
    }

    @Test("finds calls, statuses and types that are not described") func unknown() throws {
        #expect(try violations("GET", "/thing/7", 200) == ["no such call is described"])
        #expect(try violations("GET", "/things/", 200) == ["no such call is described"])
        #expect(try violations("GET", "/things/7/more", 200) == ["no such call is described"])
        #expect(try violations("PUT", "/things/7", 200) == ["no such call is described"])
        #expect(try violations("GET", "/files", 200) == ["no such call is described"])
        #expect(try violations("GET", "/things/new", 500) == ["the status is not described"])
        #expect(
            try violations("GET", "/things/7", 200, [("Content-Type", "text/html"), ("ETag", "\"a\"")], "a")
                == ["Content-Type text/html is not described"])
        #expect(
            try violations("GET", "/things/7", 404, [("Content-Type", "application/json")], "{}")
                == ["Content-Type application/json is not described"])
    }

    @Test("finds headers that are missing, repeated or wrong") func headers() throws {
        let type = ("Content-Type", "application/json")
        let body = #"{"id": 7}"#
        #expect(try violations("GET", "/things/7", 200, [type], body) == ["header ETag is missing"])
        #expect(
            try violations("GET", "/things/7", 200, [type, ("ETag", "\"a\""), ("etag", "\"a\"")], body)
                == ["header ETag is there 2 times"])
        #expect(try violations("GET", "/things/7", 200, [type, ("ETag", "a")], body).count == 1)
        #expect(try violations("GET", "/things/7", 200, json + [("Link", "long")], body).count == 1)
        #expect(try violations("GET", "/things/7", 200, [("ETag", "\"a\"")], body) == ["Content-Type is there 0 times"])
    }

    @Test("finds bodies that are wrong, not JSON, or should not be") func bodies() throws {
        #expect(try violations("GET", "/things/7", 200, json, #"{"id": "7"}"#) == ["/id: type: is string, not integer"])
        #expect(
            try violations("GET", "/things/7", 200, json, #"{"id": 7, "x": 1}"#) == [
                "/: additionalProperties: x is not described"
            ])
        #expect(try violations("GET", "/things/7", 200, json, #"{"id""#) == [#"not JSON: {"id""#])
        #expect(try violations("GET", "/things/7", 204, [], "x") == ["has a body, and none is described"])
        #expect(try violations("HEAD", "/things/7", 200, json, "x") == ["HEAD has a body"])
        #expect(
            try violations("GET", "/things/7", 500, [("Content-Type", "application/problem+json")], #"{"status": 404}"#)
                == ["the problem's status is not the answer's"])
    }

    @Test("literal segments win over parameters") func literal() throws {
        let contract = try OpenAPIContract(Array(Self.document.utf8))
        #expect(contract.operation("get", "/things/new")?["operationId"] == .string("newThing"))
        #expect(contract.operation("get", "/things/newer")?["operationId"] == .string("getThing"))
    }

    // MARK: Structure

    /// The document with one text replaced by another.
    private func structure(_ old: String, _ new: String) throws -> [String] {
        let text = Self.document.replacing(old, with: new)
        try #require(text != Self.document || old == new)
        return try OpenAPIContract(Array(text.utf8)).structureFaults()
    }

    @Test("a sound document has no faults") func sound() throws {
        #expect(try structure("", "") == [])
    }

    @Test(
        "finds what a document lacks",
        arguments: [
            (#""3.1.0""#, #""3.0.3""#, "is not OpenAPI 3.1"),
            (#""operationId": "newThing""#, #""operationId": "getThing""#, "operationId getThing is another's"),
            (#""operationId": "newThing", "#, "", "has no operationId"),
            (#""operationId": "newThing", "summary": "s", "#, #""operationId": "newThing", "#, "has no summary"),
            (
                #""operationId": "newThing", "summary": "s", "tags": ["Things"],"#,
                #""operationId": "newThing", "summary": "s","#, "has no tags"
            ),
            (
                #""operationId": "newThing", "summary": "s", "tags": ["Things"]"#,
                #""operationId": "newThing", "summary": "s", "tags": ["Other"]"#, "tag Other is not described"
            ),
            (#""2XX": "#, #""3XX": "#, "has no answer that is a success"),
            (#""404": {"$ref"#, #""504": {"$ref"#, "has no answer that is a refusal"),
            (#""application/problem+json""#, #""application/json""#, "404 is no problem"),
            (#""204": {"description": "d"}"#, #""204": {}"#, "204 has no description"),
            (#""name": "id""#, #""name": "ID""#, "path parameter id is not described"),
            (#""required": true, "schema""#, #""schema""#, "path parameter id is not required"),
            (
                ##""404": {"$ref": "#/components/responses/Problem"}"##, ##""404": {"$ref": "#/components/responses/None"}"##,
                "#/components/responses/None is not there"
            ),
            (
                #""schema": {"type": "object", "required": ["id"]"#,
                #""examples": {"a": {"value": {"id": "x"}}}, "schema": {"type": "object", "required": ["id"]"#,
                "/id: type: is string, not integer"
            ),
            (#"{"id": {"type": "integer"}}"#, #"{"id": {"type": "integer", "examples": ["x"]}}"#, "type: is string, not integer"),
        ])
    func lacking(old: String, new: String, fault: String) throws {
        let faults = try structure(old, new)
        #expect(faults.contains { $0.hasSuffix(fault) }, "\(faults)")
    }
}
