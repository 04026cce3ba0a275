import Formats
import Foundation
import TestSupport
import Testing

@testable import Catalog

@Suite("Category document")
struct CategoryDocumentTests {
    @Test("every category is found by its slug, as it would be written alone, and no other name is") func random() throws {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<200 {
            var categories: [Catalog.Category] = []
            for number in 0..<Int.random(in: 0...30, using: &random) {
                let parent = Bool.random(using: &random) ? categories.randomElement(using: &random)?.id : nil
                categories.append(
                    Catalog.Category(
                        id: UUID(high: 0, low: UInt64(number)), parent: parent,
                        slug: "\(number)" + random.text(upTo: 6, from: "a\"\\{}[]:,é茶\n"),
                        name: random.text(upTo: 9, from: "a\"\\{}[]:,\"slug\":\"x\"é\u{1F9FA}\u{7}"), path: "p\(number)",
                        products: number))
            }
            let tree = CategoryTree(categories)
            let document = CategoryDocument(tree.json())
            for category in categories {
                #expect(document.contains(category.slug))
                #expect(document[category.slug] == tree.json(of: category))
            }
            for other in ["", "slug", "x", "id", "data", "path", "nowhere"] {
                #expect(!document.contains(other) && document[other] == nil)
            }
        }
    }

    @Test("bytes of another kind have no categories") func garbage() {
        var random = SeededGenerator(seed: 6)
        for _ in 0..<5_000 { _ = CategoryDocument(Array(random.text(upTo: 40, from: "{}[]\"\\:,slugid1").utf8)) }
        #expect(!CategoryDocument([]).contains(""))
    }
}
