import Formats
import Foundation
import TestSupport
import Testing

@testable import Catalog

@Suite("Category tree")
struct CategoryTreeTests {
    private static func category(_ number: UInt64, _ parent: UInt64?, products: Int = 0) -> Catalog.Category {
        Catalog.Category(
            id: UUID(high: 0, low: number), parent: parent.map { UUID(high: 0, low: $0) }, slug: "c\(number)",
            name: "C \(number)",
            path: "c\(number)", products: products)
    }

    /// All categories of a tree's JSON, by slug.
    private func flat(_ value: JSONTree) -> [String: JSONTree] {
        var found: [String: JSONTree] = [:]
        for child in (value["data"] ?? value["children"])?.elements ?? [] {
            found[child["slug"]?.text ?? ""] = child
            found.merge(flat(child)) { _, _ in .null }
        }
        return found
    }

    @Test("every category is there once, below its parent, with all products below it counted") func random() throws {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<200 {
            var categories: [Catalog.Category] = []
            var depths: [Int] = []
            for number in 0..<UInt64.random(in: 0...60, using: &random) {
                let parent = categories.indices.filter { depths[$0] < 20 }.randomElement(using: &random)
                let isRoot = parent == nil || Int.random(in: 0..<5, using: &random) == 0
                categories.append(
                    Self.category(number, isRoot ? nil : parent.map(UInt64.init), products: Int.random(in: 0...9, using: &random))
                )
                depths.append(isRoot ? 0 : depths[parent ?? 0] + 1)
            }
            var totals = categories.map(\.products)
            for index in categories.indices.reversed() {
                guard let parent = categories[index].parent, let place = categories.firstIndex(where: { $0.id == parent }) else {
                    continue
                }
                totals[place] += totals[index]
            }
            let tree = CategoryTree(categories)
            let found = flat(try JSONTree(tree.json()))
            #expect(found.count == categories.count)
            for (index, category) in categories.enumerated() {
                let written = try #require(found[category.slug])
                #expect(written["product_count"]?.number == Double(totals[index]))
                #expect(try JSONTree(tree.json(of: category)) == written)
                let children = (written["children"]?.elements ?? []).compactMap { $0["slug"]?.text }
                #expect(children == categories.filter { $0.parent == category.id }.map(\.slug))
            }
        }
    }

    @Test("a category is found by its slug") func bySlug() {
        let tree = CategoryTree([Self.category(1, nil), Self.category(2, 1)])
        #expect(tree["c2"]?.id == UUID(high: 0, low: 2))
        #expect(tree["c3"] == nil && tree["C2"] == nil && tree[""] == nil)
    }

    @Test("without categories the list is empty") func empty() {
        #expect(String(decoding: CategoryTree([]).json(), as: UTF8.self) == #"{"data":[]}"#)
    }

    @Test("a circle in the table does not run forever") func circle() throws {
        let one = Self.category(1, 2, products: 1)
        let tree = CategoryTree([one, Self.category(2, 1), Self.category(3, 3)])
        #expect(String(decoding: tree.json(), as: UTF8.self) == #"{"data":[]}"#)
        #expect(try JSONTree(tree.json(of: one))["slug"] == .string("c1"))
    }
}
