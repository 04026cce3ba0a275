import TestSupport
import Testing
import Web

@testable import Cart
@testable import OpenAPI
@testable import Orders
@testable import Service

@Suite("API document")
struct APIDocumentTests {
    private let document: OpenAPIDocument
    private let contract: OpenAPIContract

    init() throws {
        document = try OpenAPIDocument.shop()
        contract = try OpenAPIContract(document.json)
    }

    @Test("is sound: references, ids, tags, answers, parameters, and examples that keep their schemas") func structure() {
        #expect(contract.structureFaults() == [])
    }

    @Test("shows an example of every body that an answer or a request can have") func examples() {
        for operation in document.operations {
            let value = contract.operation(
                operation.method.lowercased(), operation.path.replacing("{", with: "").replacing("}", with: ""))
            for (status, declared) in value?["responses"]?.members ?? [:]
            where status != "default" && operation.path.hasPrefix("/v1/") {
                let response = contract.document.at(declared["$ref"]?.text ?? "") ?? declared
                for (type, media) in response["content"]?.members ?? [:] {
                    #expect(media["examples"]?.members.isEmpty == false, "\(operation.id) \(status) \(type)")
                }
            }
            if let body = value?["requestBody"] {
                #expect(body["content"]?["application/json"]?["examples"]?.members.isEmpty == false, "\(operation.id)")
            }
        }
    }

    @Test("answers are open: a client made from the document takes members, values and problems of later versions") func open() {
        func closings(_ value: JSONTree, _ path: String) -> [String] {
            var found: [String] = []
            if value["additionalProperties"] == .bool(false) { found.append("\(path)/additionalProperties") }
            if value["maxProperties"] != nil { found.append("\(path)/maxProperties") }
            for keyword in ["enum", "oneOf"] where value[keyword]?.elements.isEmpty == false {
                found.append("\(path)/\(keyword)")
            }
            // An example is no part of it.
            let inner = value.members.filter { !["examples", "example", "value"].contains($0.key) }
            return found + inner.flatMap { closings($1, "\(path)/\($0)") }
                + value.elements.enumerated().flatMap { closings($1, "\(path)/\($0)") }
        }
        for section in ["schemas", "responses"] {
            #expect(contract.document.at("#/components/\(section)").map { closings($0, section) } == [])
        }
        for (path, item) in contract.document["paths"]?.members ?? [:] {
            for (method, operation) in item.members {
                #expect(operation["responses"].map { closings($0, "\(method) \(path)") } == [])
            }
        }
        // Unions of problems end with the one that takes any.
        for pointer in [
            "#/paths/~1v1~1orders/post/responses/409", "#/paths/~1v1~1orders/post/responses/422",
            "#/components/responses/InvalidCartWrite",
        ] {
            let schema = contract.document.at(pointer)?["content"]?["application/problem+json"]?["schema"]
            #expect(schema?["anyOf"]?.elements.last?["$ref"]?.text == "#/components/schemas/Problem", "\(pointer)")
        }
    }

    @Test("every code that a schema or an example names is explained, with its status") func codes() {
        func codes(_ value: JSONTree) -> [String] {
            let rule = value["properties"]?["code"]
            let own = (rule?["x-extensible-enum"]?.elements ?? []).compactMap(\.text) + [rule?["const"]?.text].compactMap { $0 }
            return own + value.members.values.flatMap(codes) + value.elements.flatMap(codes)
        }
        let named = Set(codes(contract.document))
        #expect(named.count > 20)
        #expect(named.subtracting(document.problems.map(\.code)) == [])
        for problem in document.problems where problem.status == .conflict {
            #expect(problem.code == "conflict" || named.contains(problem.code), "\(problem.code) is in no answer")
        }
    }

    @Test("the problems of the features are in the document") func titles() throws {
        for kind in [
            ProblemKind.cartActive, .cartConverted, .cartMerged, .cartExpired, .insufficientStock, .priceChanged, .cartChanged,
            .cartEmpty,
            .idempotencyInFlight, .idempotencyKeyReused, .illegalTransition, .currencyMismatch,
        ] {
            #expect(document.problems.contains(kind))
            #expect(!kind.meaning.isEmpty)
        }
    }

    @Test("examples of problems have the title and the status of their kind") func examplesOfProblems() {
        let kinds = Dictionary(uniqueKeysWithValues: document.problems.map { ($0.code, $0) })
        func problems(_ value: JSONTree) -> [JSONTree] {
            let own = value["type"]?.text?.hasPrefix("/docs#") == true && value["request_id"] != nil ? [value] : []
            return own + value.members.values.flatMap(problems) + value.elements.flatMap(problems)
        }
        let found = problems(contract.document)
        #expect(found.count > 20)
        for problem in found {
            let kind = kinds[problem["code"]?.text ?? ""]
            #expect(problem["title"]?.text == kind?.title, "\(problem["code"]?.text ?? "")")
            #expect(
                problem["status"] == (kind?.status.code).map { .number(Double($0), isInteger: true) },
                "\(problem["code"]?.text ?? "")")
            #expect(problem["type"]?.text == kind.map { "/docs#\($0.code)" })
        }
    }

    @Test("every kind of problem has a title and a meaning") func texts() {
        #expect(document.problems.count > 40)
        for kind in document.problems {
            #expect(!kind.title.isEmpty && !kind.meaning.isEmpty, "\(kind.code)")
            #expect(kind.title.first?.isUppercase == true && kind.meaning.hasSuffix("."), "\(kind.code)")
        }
    }

    @Test("describes every route, and no other") func routes() throws {
        let served = try ServiceRoute.all()
        #expect(Set(served.map(\.call)).isSuperset(of: ServiceRoute.pages))
        #expect(
            Set(served.map(\.call)).subtracting(ServiceRoute.pages)
                == Set(document.operations.map { "\($0.method) \($0.path)" }))
    }

    @Test("says who may call each route, as the route declares it") func access() throws {
        for route in try ServiceRoute.all() where !ServiceRoute.pages.contains(route.call) {
            let operation = contract.operation(
                route.method.lowercased(), route.template.replacing("{", with: "").replacing("}", with: ""))
            let security = operation?["security"]?.elements ?? []
            let isNeeded = !security.isEmpty && security.allSatisfy { !$0.members.isEmpty }
            let isPossible = security.contains { $0["AccessToken"] != nil }
            let parameters = (operation?["parameters"]?.elements ?? []).compactMap { parameter in
                (parameter["$ref"]?.text.flatMap { contract.document.at($0) } ?? parameter)["name"]?.text
            }
            let secrets = Set(parameters).intersection(["X-Cart-Token", "X-Order-Token"])
            let isRight =
                switch route.access {
                // The cart of a sign-in is a gift.
                case .everyone: !isPossible && !secrets.contains("X-Order-Token")
                case .cart: isPossible && !isNeeded && secrets == ["X-Cart-Token"]
                // An order is placed with the token of its cart.
                case .order: isPossible && !isNeeded && secrets.count == 1
                case .customer: isNeeded && secrets.isEmpty
                }
            #expect(isRight, "\(route.call) is for \(route.access), and the document says something else")
            #expect(!route.access.readsToken || operation?["responses"]?["401"] != nil, "\(route.call) describes no 401")
        }
    }
}
