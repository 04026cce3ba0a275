import Formats
import Foundation
import Testing
import Web

@testable import Recommendations

/// What is recommended, once the database has said what there is.
@Suite("Recommendations")
struct RecommendationsTests {
    @Test("never name the product itself, never name one twice, keep the order of reasons, and end at the limit")
    func merged() {
        var random = SystemRandomNumberGenerator()
        let all = (0..<12).map { _ in UUID() }
        for _ in 0..<5_000 {
            let own = Array(all.shuffled(using: &random).prefix(Int.random(in: 0...3, using: &random)))
            let limit = Int.random(in: 1...8, using: &random)
            var found = Recommendations(for: own, limit: limit)
            var given: [(UUID, RecommendationReason)] = []
            for reason in RecommendationReason.allCases {
                let products = (0..<Int.random(in: 0...6, using: &random)).map { _ in all.randomElement(using: &random) ?? UUID()
                }
                given += products.map { ($0, reason) }
                found.add(products, as: reason)
            }
            var seen = Set(own)
            let expected = given.filter { seen.insert($0.0).inserted }.prefix(limit)
            #expect(found.items == expected.map { Recommendations.Item(product: $0.0, reason: $0.1) })
            #expect(found.isFull == (expected.count == limit))
        }
    }

    private func request(_ query: String) throws -> RecommendationRequest {
        try RecommendationRequest(QueryParameters(Array(query.utf8)) ?? QueryParameters())
    }

    @Test("a query has a limit of 1 to 24, and asks for products in stock or for any")
    func queries() throws {
        #expect(try request("").limit == 8)
        #expect(try !request("").includesSoldOut)
        #expect(try request("limit=24&in_stock=any").limit == 24)
        #expect(try request("in_stock=any").includesSoldOut)
        #expect(try !request("in_stock=true&other=1").includesSoldOut)
        for query in [
            "limit=0", "limit=25", "limit=", "limit=%2B3", "limit=x", "limit=99999999999999999999", "in_stock=false", "in_stock=",
        ] {
            #expect(throws: Problem.self, "\(query)") { try request(query) }
        }
    }

    @Test("a body has 1 to 100 SKUs")
    func bodies() throws {
        func skus(_ text: String) throws -> [String] { try RecommendationRequest.skus(JSONValue.parse(Array(text.utf8))) }
        #expect(try skus(#"{"skus":["A","B","A"],"more":1}"#) == ["A", "B", "A"])
        let many = (1...101).map { "\"S\($0)\"" }
        #expect(try skus("{\"skus\":[\(many.dropLast().joined(separator: ","))]}").count == 100)
        for body in [
            "{}", "[]", #"{"skus":[]}"#, #"{"skus":null}"#, #"{"skus":"A"}"#, #"{"skus":[1]}"#, #"{"skus":[""]}"#,
            #"{"skus":["a\u0000"]}"#, "{\"skus\":[\(many.joined(separator: ","))]}",
            "{\"skus\":[\"\(String(repeating: "x", count: 101))\"]}",
        ] {
            #expect(throws: FieldErrors.self, "\(body.prefix(60))") { try skus(body) }
        }
    }

    @Test("words with quotes and backslashes stay words")
    func lexemes() {
        #expect(LexemeQuery.any(of: ["mug", "o'neil", #"a\b"#]) == #"'mug' | 'o''neil' | 'a\\b'"#)
        #expect(LexemeQuery.any(of: []).isEmpty)
    }
}
