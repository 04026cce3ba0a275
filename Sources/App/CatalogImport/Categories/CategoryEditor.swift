import Formats
import FoundationEssentials
import PostgresClient

/// Changes the tree of categories. Each change is one transaction, which also increments the catalogue's version, so that no cache
/// shows the tree as it was. Imports and other changes wait meanwhile.
package struct CategoryEditor {
    private let connection: BlockingConnection

    package init(_ connection: BlockingConnection) { self.connection = connection }

    /// A category in a list.
    package struct Entry: Equatable {
        package let slug: String
        /// Names from the root down.
        package let names: [String]
        /// Products that are in it and not in a category below, whatever their status.
        package let products: Int64
    }

    /// All categories, each after its parent.
    package func list() throws -> [Entry] {
        let rows = try connection.query(
            """
            SELECT c.id, c.parent_id, c.slug, c.name, (SELECT count(*) FROM product p WHERE p.category_id = c.id) \
            FROM category c ORDER BY c.path
            """)
        var names: [UUID: [String]] = [:]
        var entries: [Entry] = []
        for row in rows {
            let (id, parent): (UUID, UUID?) = (try row[0], try row[1])
            let path = (parent.flatMap { names[$0] } ?? []) + [try row[3] as String]
            names[id] = path
            entries.append(Entry(slug: try row[2], names: path, products: try row[4]))
        }
        return entries
    }

    /// Gives a category another name, and the slug that the name makes. The former slug redirects to it.
    /// - Returns: the new slug
    package func rename(_ slug: String, to name: String) throws -> String {
        let name = name.withSingleSpaces
        guard (1...RowRules.nameLength).contains(name.unicodeScalars.count),
            !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { throw CategoryError.name }
        return try change { tree in
            let node = try tree.node(slug)
            try tree.check(name, isFreeUnder: node.parent, for: node)
            let new = tree.slug(of: name, for: node)
            try connection.query("UPDATE category SET name = \(name), slug = \(new), updated_at = now() WHERE id = \(node.id)")
            try relocate(node, to: tree.path(of: new, under: node.parent))
            // Products show their category's name and slug.
            try connection.query("INSERT INTO import_changed SELECT id FROM product WHERE category_id = \(node.id)")
            return new
        }
    }

    /// Puts a category, with all that is below it, below another one; nil: at the root. Its slug stays.
    package func move(_ slug: String, below parent: String?) throws {
        try change { tree in
            let node = try tree.node(slug)
            let target = try parent.map { try tree.node($0) }
            if let target, tree.isWithin(target, node) { throw CategoryError.circle(node.slug, target.slug) }
            try tree.check(node.name, isFreeUnder: target?.id, for: node)
            guard tree.depth(of: target) + tree.height(of: node) <= RowRules.categoryDepth else { throw CategoryError.depth }
            try connection.query(
                "UPDATE category SET parent_id = \(target?.id as UUID?), updated_at = now() WHERE id = \(node.id)")
            try relocate(node, to: tree.path(of: node.slug, under: target?.id))
        }
    }

    /// Moves a category's products and the categories below it into another one, and removes it. Its slug redirects to the other one.
    /// - Returns: how many products were moved
    package func merge(_ slug: String, into other: String) throws -> Int {
        try change { tree in
            let (node, target) = (try tree.node(slug), try tree.node(other))
            guard !tree.isWithin(target, node) else { throw CategoryError.circle(node.slug, target.slug) }
            guard tree.depth(of: target) + tree.height(of: node) - 1 <= RowRules.categoryDepth else { throw CategoryError.depth }
            for child in tree.children(of: node.id) {
                try tree.check(child.name, isFreeUnder: target.id, for: child)
                try connection.query("UPDATE category SET parent_id = \(target.id), updated_at = now() WHERE id = \(child.id)")
                try relocate(child, to: tree.path(of: child.slug, under: target.id))
            }
            let moved = try connection.query(
                """
                WITH moved AS (UPDATE product SET category_id = \(target.id), updated_at = now() WHERE category_id = \(node.id) \
                RETURNING id) INSERT INTO import_changed SELECT id FROM moved
                """
            ).affectedRows
            try connection.query("UPDATE category_slug SET category_id = \(target.id) WHERE category_id = \(node.id)")
            try connection.query(
                """
                INSERT INTO category_slug (slug, category_id) VALUES (\(node.slug), \(target.id)) \
                ON CONFLICT (slug) DO UPDATE SET category_id = EXCLUDED.category_id, retired_at = EXCLUDED.retired_at
                """)
            try connection.query("DELETE FROM category WHERE id = \(node.id)")
            return moved
        }
    }

    /// Removes a category that has no products, whatever their status, and no categories below it.
    package func delete(_ slug: String) throws {
        try change { tree in
            let node = try tree.node(slug)
            let products: Int64 =
                try connection.query("SELECT count(*) FROM product WHERE category_id = \(node.id)").first?[0] ?? 0
            let children = tree.children(of: node.id).count
            guard products == 0, children == 0 else { throw CategoryError.notEmpty(slug, products: products, children: children) }
            try connection.query("DELETE FROM category WHERE id = \(node.id)")
        }
    }

    // MARK: Transactions

    private func change<Value>(_ body: (CategoryTreeIndex) throws -> Value) throws -> Value {
        do {
            return try connection.transaction {
                // The lock of imports: they decide by the tree as they have read it.
                try connection.query("SELECT pg_advisory_xact_lock(\(ImportRun.lockKey))")
                try connection.execute(ImportStatements.changedTable)
                let value = try body(CategoryTreeIndex(connection))
                try connection.query(ImportStatements.insertEvents)
                try connection.query(PostgresQuery(unescaped: ImportStatements.bumpVersion))
                return value
            }
        } catch let error as PostgresError where error.sqlState == SQLState.lockNotAvailable {
            throw CategoryError.busy
        }
    }

    /// Gives a category this path, and those below it the paths that follow from it. No two categories get the same path on the way,
    /// since each path ends in a slug of its own.
    private func relocate(_ node: CategoryIndex.Node, to path: String) throws {
        let former = node.path
        try connection.query(
            """
            UPDATE category SET path = \(path) || substr(path, length(\(former)) + 1), updated_at = now() \
            WHERE path = \(former) OR (path > \(former) || '/' AND path < \(former) || '0')
            """)
    }
}

/// Why a category was not changed.
package enum CategoryError: Error, Equatable, CustomStringConvertible {
    /// No category has this slug. The second one: it had it before, and has this one now.
    case unknown(String, now: String?)
    case name
    /// The parent has a category of this name, with this slug.
    case nameTaken(String, slug: String)
    /// The first category contains the second, or is the second.
    case circle(String, String)
    case depth
    case notEmpty(String, products: Int64, children: Int)
    case busy

    package var description: String {
        switch self {
        case .unknown(let slug, nil): "there is no category with the slug \(slug); commerce category list shows all"
        case .unknown(let slug, let now?): "there is no category with the slug \(slug) any more; it is \(now) now"
        case .name: "a name has 1 to \(RowRules.nameLength) characters on one line"
        case .nameTaken(let name, let slug):
            "there is a category \(name) in the same place already, with the slug \(slug): merge one into the other"
        case .circle(let slug, let other): "\(other) is \(slug) itself or below it"
        case .depth: "a category can have at most \(RowRules.categoryDepth) levels, with those above it"
        case .notEmpty(let slug, let products, let children):
            "\(slug) is not empty (products: \(products), categories below it: \(children)): move or merge them first"
        case .busy: "an import or another command changes the catalogue just now; try again when it is done"
        }
    }
}
