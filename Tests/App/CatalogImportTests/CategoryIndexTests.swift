import Formats
import Foundation
import TestSupport
import Testing

@testable import CatalogImport

@Suite("Categories of an import")
struct CategoryIndexTests {
    @Test("Paths make what is missing, once, parents first")
    func makes() {
        var tree = CategoryIndex([])
        let knives = tree.category(["Home", "Kitchen", "Knives"])
        let kitchen = tree.category(["home", "kitchen"])
        #expect(tree.made.map(\.path) == ["home", "home/kitchen", "home/kitchen/knives"])
        #expect(tree.made.map(\.name) == ["Home", "Kitchen", "Knives"])
        #expect(knives == tree.made[2].id)
        #expect(kitchen == tree.made[1].id)
        #expect(tree.made[2].parent == tree.made[1].id)
    }

    @Test("The same name under two parents is two categories with slugs of their own")
    func sameNameTwice() {
        var tree = CategoryIndex([])
        let first = tree.category(["Home", "Kitchen"])
        let second = tree.category(["Garden", "Kitchen"])
        #expect(first != second)
        #expect(tree.made.map(\.path) == ["home", "home/kitchen", "garden", "garden/kitchen-2"])
        #expect(tree.category(["garden", "KITCHEN"]) == second)
        #expect(tree.category(["home", "kitchen"]) == first)
    }

    @Test("A name alone is at the root, also where a category of that name is elsewhere")
    func bareName() {
        var tree = CategoryIndex([])
        let kitchen = tree.category(["Home", "Kitchen"])
        let root = tree.category(["Kitchen"])
        #expect(root != kitchen)
        #expect(tree.category(["kitchen"]) == root)
        #expect(tree.category(["Home", "kitchen"]) == kitchen)
        #expect(tree.made.map(\.path) == ["home", "home/kitchen", "kitchen-2"])
    }

    @Test("What a tree has made, a tree of the same nodes finds again")
    func stable() {
        var random = SeededGenerator(seed: 14)
        let words = ["Home", "home", "Kitchen", "Knives", "Café", "Men's", "Mens", "日本", "韓国", "A & B"]
        for _ in 0..<1_000 {
            let paths = (0..<20).map { _ in
                (0..<Int.random(in: 1...3, using: &random)).map { _ in words.randomElement(using: &random)! }
            }
            var tree = CategoryIndex([])
            let ids = paths.map { tree.category($0) }
            var again = CategoryIndex(tree.made)
            #expect(paths.map { again.category($0) } == ids)
            #expect(again.made.isEmpty)
            #expect(Set(tree.made.map(\.slug)).count == tree.made.count)
            #expect(Set(tree.made.map(\.path)).count == tree.made.count)
        }
    }

    @Test(
        "Different names are different categories, whatever their slugs",
        arguments: [
            ["茶", "油", "酒"], ["C", "C++", "C#", "c−"], ["Men's", "Mens", "Men’s"], ["🎁", "🎄", "🎁🎄"],
            ["A & B", "A B", "A-B", "A_B"],
            ["Café", "Cafe"], ["日本", "韓国", "Item", "item-2", "Item 2"], ["Чай", "Масло"], ["شاي", "زيت"],
            ["home-office", "Home Office"],
            [String(repeating: "x", count: 150) + "a", String(repeating: "x", count: 150) + "b"],
        ])
    func apart(names: [String]) {
        for order in [names, names.reversed()] {
            for parents in [[], ["Home"]] {
                var tree = CategoryIndex([])
                let ids = order.map { tree.category(parents + [$0]) }
                #expect(Set(ids).count == names.count)
                #expect(Set(tree.made.map(\.slug)).count == tree.made.count)
                // Case and white space are no difference, in another import either.
                var again = CategoryIndex(tree.made)
                #expect(order.map { again.category(parents + [$0.uppercased() == $0 ? $0 : $0.lowercased()]) } == ids)
                #expect(again.made.isEmpty)
                // What comes later is never one of those.
                #expect(!ids.contains(again.category(parents + ["茶葉!"])))
            }
        }
        var tree = CategoryIndex([])
        let signs = ["!", "?", "+"]
        let names = (0..<3_000).map {
            "茶\($0 % 2 == 0 ? "" : "x")" + String($0, radix: 3).map { signs[$0.wholeNumberValue ?? 0] }.joined()
        }
        #expect(Set(names.map { tree.category([$0]) }).count == names.count)
    }

    @Test("Slugs of names that are alone with them stay the plain ones; the others are numbered")
    func slugs() {
        var tree = CategoryIndex([])
        for name in ["C", "C++", "C#", "C 2", "茶", "油", "Home  Office", "home office"] { _ = tree.category([name]) }
        #expect(tree.made.map(\.slug) == ["c", "c-2", "c-3", "c-2-2", "茶", "油", "home-office"])
        #expect(tree.made.allSatisfy { Slug.isValid($0.slug) })
    }

    @Test("Categories that an earlier release made keep their slugs, and stay apart where it kept them apart")
    func earlier() {
        func node(_ name: String, _ slug: String) -> CategoryIndex.Node {
            CategoryIndex.Node(id: UUID(), parent: nil, slug: slug, name: name, path: slug)
        }
        let nodes = [node("茶", "item"), node("Müll", "mull"), node("Straße", "strasse"), node("STRASSE", "strasse-2")]
        var tree = CategoryIndex(nodes)
        #expect(nodes.map { tree.category([$0.name]) } == nodes.map(\.id))
        #expect(tree.category(["MÜLL"]) == nodes[1].id)
        #expect(tree.category(["strasse"]) == nodes[2].id)
        #expect(tree.made.isEmpty)
        _ = tree.category(["油"])
        #expect(tree.made.map(\.slug) == ["油"])
    }
}
