import Formats
import FoundationEssentials

/// The shop's categories in memory. It finds the category for names from the root down, or creates one.
struct CategoryIndex {
    struct Node: Equatable {
        let id: UUID
        let parent: UUID?
        let slug: String
        let name: String
        /// Slugs from the root down.
        let path: String
    }

    /// The categories that were created, parents before children.
    private(set) var made: [Node] = []
    private var slugs: Set<String> = []
    /// The highest number that was tried after each slug.
    private var numbers: [String: Int] = [:]
    /// By parent and name in lower case: shops write "Kitchen" and "kitchen" for the same category.
    private var byPlace: [Place: Node] = [:]
    /// One category of each name, on any level.
    private var byName: [String: Node] = [:]
    private let newIdentifier: () -> UUID

    private struct Place: Hashable {
        let parent: UUID?
        let name: String
    }

    init(_ nodes: [Node], newIdentifier: @escaping () -> UUID = { UUID.v7() }) {
        self.newIdentifier = newIdentifier
        for node in nodes { remember(node) }
    }

    /// The category that names lead to; it is created, with its parents, if it does not exist.
    ///
    /// Names that differ in more than case and white space are different categories, even if they make the same slug: `C` and
    /// `C++`, `茶` and `油`. A first name that is no root finds a category of that name on any level: "knives" means
    /// "kitchen/knives" if that exists.
    mutating func category(_ names: [String]) -> UUID? {
        var parent: Node?
        for name in names {
            let key = Self.key(name)
            if let known = byPlace[Place(parent: parent?.id, name: key)] {
                parent = known
            } else if parent == nil, let known = byName[key] {
                parent = known
            } else {
                parent = make(name, RowReader.slugBase(name), under: parent)
            }
        }
        return parent?.id
    }

    private static func key(_ name: String) -> String {
        name.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private mutating func make(_ name: String, _ base: String, under parent: Node?) -> Node {
        var slug = base
        var number = numbers[base] ?? 1
        while slugs.contains(slug) {
            number += 1
            slug = "\(base)-\(number)"
        }
        numbers[base] = number
        let node = Node(
            id: newIdentifier(), parent: parent?.id, slug: slug, name: name,
            path: parent.map { "\($0.path)/\(slug)" } ?? slug)
        remember(node)
        made.append(node)
        return node
    }

    private mutating func remember(_ node: Node) {
        slugs.insert(node.slug)
        let key = Self.key(node.name)
        let place = Place(parent: node.parent, name: key)
        if byPlace[place] == nil { byPlace[place] = node }
        // Of several categories, the one with the plain slug, which is the oldest: the same one in every import.
        if byName[key] == nil || node.slug == RowReader.slugBase(node.name) { byName[key] = node }
    }
}
