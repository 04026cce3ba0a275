import Formats
import HTTPServer
import Testing
import WebTestSupport

@testable import OpenAPI
@testable import Web

@Suite struct OpenAPIDocumentTests {
    @Test func fragmentsBecomeOneDocument() throws {
        let document = try SampleAPI.document()
        let value = try JSONValue.parse(document.json, maximumDepth: 64)
        #expect(value == document.value)
        #expect(value["openapi"] == .string("3.1.0"))
        #expect(value["info"]?["title"] == .string("Commerce"))
        #expect(value["tags"]?.arrayValue?.compactMap { $0["name"]?.stringValue } == ["Catalogue", "Carts", "Service"])
        #expect(value["paths"]?["/v1/products/{id}"]?.objectValue?.members.map(\.name) == ["get", "put", "delete"])
        #expect(value["components"]?["schemas"]?["Problem"] != nil)
        #expect(
            document.operations.map { "\($0.method) \($0.path)" } == [
                "GET /v1/products", "GET /v1/products/{id}", "PUT /v1/products/{id}", "POST /v1/carts",
                "DELETE /v1/products/{id}", "GET /", "GET /openapi.json", "GET /docs",
            ])
    }

    @Test func anOperationGetsTheTagAndTheCommonAnswerUnlessItHasItsOwn() throws {
        let document = try SampleAPI.document()
        let operations = Dictionary(uniqueKeysWithValues: document.operations.map { ($0.id, $0) })
        #expect(operations["listProducts"]?.tag == "Catalogue")
        #expect(operations["deleteProduct"]?.tag == "Catalogue")
        #expect(operations["createCart"]?.tag == "Carts")
        #expect(
            operations["listProducts"]?.value["responses"]?["default"]?["$ref"]
                == .string("#/components/responses/Problem"))
        #expect(
            operations["replaceProduct"]?.value["responses"]?["default"]?["description"]
                == .string("Own answer to the rest."))
    }

    @Test func problemsAreListedByStatusAndCode() throws {
        let document = try SampleAPI.document()
        let codes = document.problems.map { "\($0.status.code) \($0.code)" }
        #expect(codes == codes.sorted())
        #expect(codes.contains("409 insufficient_stock"))
        #expect(codes.contains("413 body_too_large"))
        #expect(document.value["x-problems"]?.arrayValue?.count == codes.count)
    }

    private func faults(_ fragments: OpenAPIFragment...) -> [String] {
        do throws(OpenAPIError) {
            _ = try OpenAPIDocument(info: SampleAPI.info, fragments: fragments)
            return []
        } catch {
            return error.faults
        }
    }

    private func fragment(_ json: String, problems: [ProblemKind] = []) -> OpenAPIFragment {
        let tagged = json.replacing(#"{"paths""#, with: #"{"tags":[{"name":"Test"}],"paths""#, maxReplacements: 1)
        return OpenAPIFragment(json: Array(tagged.utf8), problems: problems)
    }

    private func operation(_ id: String, path: String = "/x", _ more: String = "") -> String {
        #"{"paths":{"\#(path)":{"get":{"operationId":"\#(id)","summary":"s"\#(more),"responses":{"200":{"description":""}}}}}}"#
    }

    @Test func everyFaultIsTold() {
        #expect(faults(fragment(operation("a"))) == [])
        #expect(faults(fragment("{")).first?.hasPrefix("fragment 1: ") == true)
        #expect(faults(fragment(operation("a")), fragment(operation("b"))) == ["/x: get is described twice"])
        #expect(faults(fragment(operation("a")), fragment(operation("a", path: "/y"))) == ["two operations have the id a"])
        #expect(
            faults(fragment(#"{"paths":{"/x":{"get":{"operationId":"a"}}}}"#))
                == ["GET /x has no summary", "GET /x has no responses"])
        #expect(
            faults(fragment(#"{"paths":{"/x":{"get":{"summary":"s","responses":{"200":{}}}}}}"#))
                == ["GET /x has no operationId"])
        #expect(
            faults(OpenAPIFragment(json: Array(operation("a").utf8))) == ["GET /x has no tag"])
        #expect(faults(fragment(#"{"paths":{"/x":{"parameters":[]}}}"#)) == ["/x: parameters is not a method"])
        #expect(faults(fragment(#"{"paths":{"/x":7}}"#)) == ["/x is not an object"])
        #expect(
            faults(fragment(#"{"components":{"schemas":{"Problem":{}}}}"#)) == ["components/schemas/Problem is described twice"])
        #expect(
            faults(fragment(##"{"components":{"schemas":{"A":{"$ref":"#/components/schemas/B"}}}}"##))
                == ["#/components/schemas/B does not exist"])
        #expect(
            faults(fragment(#"{"components":{"schemas":{"A":{"items":[{"$ref":"https://else.where/x"}]}}}}"#))
                == ["https://else.where/x does not exist"])
        let kind = ProblemKind(.conflict, "not_found", "Another", "With the code of a known one.")
        #expect(faults(fragment("{}", problems: [kind])) == ["two problems have the code not_found"])
    }

    @Test func parametersAgreeWithThePath() {
        #expect(faults(fragment(operation("a", path: "/x/{id}"))) == ["GET /x/{id}: parameter id is not described"])
        let optional = #","parameters":[{"name":"id","in":"path"}]"#
        #expect(faults(fragment(operation("a", path: "/x/{id}", optional))) == ["GET /x/{id}: parameter id must be required"])
        let surplus = #","parameters":[{"name":"id","in":"path","required":true}]"#
        #expect(faults(fragment(operation("a", surplus))) == ["GET /x: parameter id is not in the path"])
        #expect(faults(fragment(operation("a", path: "/x/{id}", surplus))) == [])
        #expect(
            faults(fragment(operation("a", #","parameters":[{"name":"q"}]"#)))
                == ["GET /x: a parameter lacks `name` or `in`"])
    }

    @Test func whatIsServedAndWhatIsDescribedIsCompared() throws {
        let document = try SampleAPI.document()
        let router = Router()
        for operation in document.operations where operation.id != "createCart" {
            router.add(operation.method == "GET" ? .get : operation.method == "PUT" ? .put : .delete, operation.path) { _ in
                .noContent
            }
        }
        router.get("/assets/{path...}") { _ in .noContent }
        #expect(
            document.differences(to: router.routes)
                == ["GET /assets/{path} is served but not described", "POST /v1/carts is described but not served"])
    }

    @Test func itIsServedWithATag() async throws {
        let resource = try SampleAPI.document().resource(gzip: nil)
        let (first, second) = try await onLoop { loop in
            let whole = try resource.answer(to: RequestContext(Request(.get, "/openapi.json", on: loop)))
            let tag = whole.headers[.eTag] ?? ""
            let again = Request(.get, "/openapi.json", fields: [("If-None-Match", tag)], on: loop)
            return (whole, try resource.answer(to: RequestContext(again)))
        }
        #expect(first.status == .ok)
        #expect(first.headers[.contentType] == "application/json")
        #expect(second.status == .notModified)
        #expect(second.body.isEmpty)
    }
}
