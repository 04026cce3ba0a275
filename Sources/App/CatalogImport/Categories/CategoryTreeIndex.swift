import Formats
import FoundationEssentials
import PostgresClient

/// The shop's categories in memory, for changes of the tree: finds a category by its slug, and what is above and below it.
struct CategoryTreeIndex {
    private let nodes: [CategoryIndex.Node]
    private let bySlug: [ExactText: CategoryIndex.Node]
    private let byID: [UUID: CategoryIndex.Node]
    /// The present slugs of former ones.
    private let former: [ExactText: String]

    init(_ nodes: [CategoryIndex.Node], former: [ExactText: String] = [:]) {
        self.nodes = nodes
        self.former = former
        bySlug = Dictionary(nodes.map { (ExactText($0.slug), $0) }) { first, _ in first }
        byID = Dictionary(nodes.map { ($0.id, $0) }) { first, _ in first }
    }

    init(_ connection: BlockingConnection) throws {
        var former: [ExactText: String] = [:]
        for row in try connection.query("SELECT s.slug, c.slug FROM category_slug s JOIN category c ON c.id = s.category_id") {
            let (slug, present): (String, String) = (try row[0], try row[1])
            former[ExactText(slug)] = present
        }
        self.init(try CategoryIndex.nodes(connection), former: former)
    }

    /// The category with a slug.
    func node(_ slug: String) throws(CategoryError) -> CategoryIndex.Node {
        guard let node = bySlug[ExactText(slug)] else { throw .unknown(slug, now: former[ExactText(slug)]) }
        return node
    }

    func children(of parent: UUID?) -> [CategoryIndex.Node] { nodes.filter { $0.parent == parent } }

    /// Checks that no other category of the same place has the name.
    func check(_ name: String, isFreeUnder parent: UUID?, for node: CategoryIndex.Node) throws(CategoryError) {
        let folded = name.foldedCategoryName
        if let other = children(of: parent).first(where: { $0.id != node.id && $0.name.foldedCategoryName == folded }) {
            throw .nameTaken(other.name, slug: other.slug)
        }
    }

    /// Whether a category is another one, or below it.
    func isWithin(_ node: CategoryIndex.Node, _ other: CategoryIndex.Node) -> Bool {
        ancestors(of: node).contains { $0.id == other.id }
    }

    /// The number of levels down to a category; 0 for none.
    func depth(of node: CategoryIndex.Node?) -> Int { node.map { ancestors(of: $0).count } ?? 0 }

    /// The number of levels from a category down to the lowest one below it.
    func height(of node: CategoryIndex.Node) -> Int {
        let top = depth(of: node)
        return nodes.filter { isWithin($0, node) }.map { depth(of: $0) - top + 1 }.max() ?? 1
    }

    /// A category and those above it. The number of categories ends it even if the table held a circle.
    private func ancestors(of node: CategoryIndex.Node) -> [CategoryIndex.Node] {
        var found = [node]
        while let parent = found.last?.parent.flatMap({ byID[$0] }), found.count <= nodes.count { found.append(parent) }
        return found
    }

    /// The slug of a category with this name. It stays where it is of this name already, with or without a number.
    func slug(of name: String, for node: CategoryIndex.Node) -> String {
        let base = RowReader.slugBase(name)
        let number = node.slug.hasPrefix(base + "-") ? node.slug.dropFirst(base.count + 1) : ""
        if node.slug.hasSameBytes(as: base) || (Int(number).map { $0 > 1 } ?? false) { return node.slug }
        var slugs = SlugNumbers(nodes.lazy.map(\.slug).filter { !$0.hasSameBytes(as: node.slug) })
        return slugs.take(base)
    }

    func path(of slug: String, under parent: UUID?) -> String { parent.flatMap { byID[$0] }.map { "\($0.path)/\(slug)" } ?? slug }
}
