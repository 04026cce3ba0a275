import Formats
import FoundationEssentials
import PostgresClient

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
    private var slugs: SlugNumbers
    /// By parent and name. Names that differ only in case and white space are the same: shops write "Kitchen" and "kitchen" for
    /// one category.
    private var byPlace: [Place: Node] = [:]
    /// By parent and the name as it is written, for categories of an earlier release, which were apart where they are the same now.
    private var byExactPlace: [Place: Node] = [:]
    private let newIdentifier: () -> UUID

    private struct Place: Hashable {
        let parent: UUID?
        let name: String
    }

    init(_ nodes: [Node], newIdentifier: @escaping () -> UUID = { UUID.v7() }) {
        self.newIdentifier = newIdentifier
        slugs = SlugNumbers(nodes.map(\.slug))
        for node in nodes { remember(node) }
    }

    /// The category that names lead to; it is created, with its parents, if it does not exist. The first name is that of a root.
    ///
    /// Names that differ in more than case and white space are different categories, even if they make the same slug: `C` and `C++`.
    mutating func category(_ names: [String]) -> UUID? {
        var parent: Node?
        for name in names { parent = find(name, under: parent?.id) ?? make(name, under: parent) }
        return parent?.id
    }

    /// The category of a name below another one, or at the root.
    func find(_ name: String, under parent: UUID?) -> Node? {
        byExactPlace[Place(parent: parent, name: name.withSingleSpaces)]
            ?? byPlace[Place(parent: parent, name: name.foldedCategoryName)]
    }

    private mutating func make(_ name: String, under parent: Node?) -> Node {
        let slug = slugs.take(RowReader.slugBase(name))
        let node = Node(
            id: newIdentifier(), parent: parent?.id, slug: slug, name: name,
            path: parent.map { "\($0.path)/\(slug)" } ?? slug)
        remember(node)
        made.append(node)
        return node
    }

    private mutating func remember(_ node: Node) {
        let exact = Place(parent: node.parent, name: node.name.withSingleSpaces)
        if byExactPlace[exact] == nil { byExactPlace[exact] = node }
        let place = Place(parent: node.parent, name: node.name.foldedCategoryName)
        if byPlace[place] == nil { byPlace[place] = node }
    }
}

extension CategoryIndex {
    /// All categories of the shop, each after its parent.
    static func nodes(_ connection: BlockingConnection) throws(PostgresError) -> [Node] {
        var nodes: [Node] = []
        for row in try connection.query("SELECT id, parent_id, slug, name, path FROM category ORDER BY path") {
            nodes.append(Node(id: try row[0], parent: try row[1], slug: try row[2], name: try row[3], path: try row[4]))
        }
        return nodes
    }
}

/// The slugs that are taken. Of one beginning, the first gets it as it is and the others a number: `tee`, `tee-2`.
struct SlugNumbers {
    private var taken: Set<ExactText>
    /// The highest number that was tried after each slug.
    private var numbers: [String: Int] = [:]

    init(_ slugs: some Sequence<String>) { taken = Set(slugs.map { ExactText($0) }) }

    /// Takes the first free slug of a beginning.
    mutating func take(_ base: String) -> String {
        var slug = base
        var number = numbers[base] ?? 1
        while !taken.insert(ExactText(slug)).inserted {
            number += 1
            slug = "\(base)-\(number)"
        }
        numbers[base] = number
        return slug
    }
}
