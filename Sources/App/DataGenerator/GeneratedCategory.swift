import Formats
import FoundationEssentials

/// One of the generated categories: departments, kinds within them, and collections within those where there are many products.
struct GeneratedCategory: Equatable {
    let id: UUID
    let parent: UUID?
    let slug: String
    let name: String
    let path: String
    /// What is sold there: nothing where products lie further down.
    let things: [String]

    /// The tree, parents before children.
    /// - Parameter products: how many products will lie in it; some hundreds to a collection
    static func tree(products: Int, seed: UInt64) -> [GeneratedCategory] {
        var tree: [GeneratedCategory] = []
        let mark = SeededHash.mark(seed)
        func add(_ name: String, below parent: GeneratedCategory?, things: [String]) -> GeneratedCategory {
            // Slugs are one name space over all of the tree.
            let text = parent.map { "\($0.slug)-\(name.lowercased())" } ?? mark + name.lowercased()
            let slug = text.split(separator: " ").joined(separator: "-")
            var hash = SeededHash(seed: seed, stream: 1, index: tree.count)
            let category = GeneratedCategory(
                id: UUID.v7(at: GeneratedTime.opening, random: hash.next()), parent: parent?.id, slug: slug, name: name,
                path: parent.map { "\($0.path)/\(slug)" } ?? slug, things: things)
            tree.append(category)
            return category
        }
        let kinds = GeneratedWords.departments.reduce(0) { $0 + $1.kinds.count }
        let collections = min(GeneratedWords.makers.count, products / (kinds * 500))
        for department in GeneratedWords.departments {
            let top = add(department.name, below: nil, things: [])
            for kind in department.kinds {
                let middle = add(kind.name, below: top, things: collections < 2 ? kind.things : [])
                guard collections >= 2 else { continue }
                for maker in GeneratedWords.makers.prefix(collections) { _ = add(maker, below: middle, things: kind.things) }
            }
        }
        return tree
    }
}
