import Formats
import FoundationEssentials

/// The shop's categories in memory, and how names from the root down find their category or make one.
struct CategoryIndex {
    struct Node: Equatable {
        let id: UUID
        let parent: UUID?
        let slug: String
        let name: String
        /// Slugs from the root down.
        let path: String
    }

    /// Those made here, parents before children.
    private(set) var made: [Node] = []
    private var bySlug: [String: Node] = [:]
    /// By parent and name in lower case: shops write "Kitchen" and "kitchen" for one thing.
    private var byName: [Place: Node] = [:]
    private let newIdentifier: () -> UUID

    private struct Place: Hashable {
        let parent: UUID?
        let name: String
    }

    init(_ nodes: [Node], newIdentifier: @escaping () -> UUID = { UUID.v7() }) {
        self.newIdentifier = newIdentifier
        for node in nodes { remember(node) }
    }

    /// The category that names lead to, made with all above it where it isn't there.
    ///
    /// A first name finds a category of that slug on any level, since slugs are unique: rows that say "knives" mean
    /// "kitchen/knives" where that exists.
    mutating func category(_ names: [String]) -> UUID? {
        var parent: Node?
        for name in names {
            let slug = RowReader.slugBase(name)
            if let known = byName[Place(parent: parent?.id, name: name.lowercased())] {
                parent = known
            } else if let known = bySlug[slug], parent == nil || known.parent == parent?.id {
                parent = known
            } else {
                parent = make(name, slug, under: parent)
            }
        }
        return parent?.id
    }

    private mutating func make(_ name: String, _ base: String, under parent: Node?) -> Node {
        var slug = base
        var number = 1
        while bySlug[slug] != nil {
            number += 1
            slug = "\(base)-\(number)"
        }
        let node = Node(
            id: newIdentifier(), parent: parent?.id, slug: slug, name: name,
            path: parent.map { "\($0.path)/\(slug)" } ?? slug)
        remember(node)
        made.append(node)
        return node
    }

    private mutating func remember(_ node: Node) {
        bySlug[node.slug] = node
        let place = Place(parent: node.parent, name: node.name.lowercased())
        if byName[place] == nil { byName[place] = node }
    }
}
