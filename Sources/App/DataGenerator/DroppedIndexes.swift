import PostgresClient

/// The indexes and keys of some tables, dropped before many rows are written and created again afterwards: building an index over
/// all rows takes a fraction of the time of updating it for each row. In one transaction: other sessions never miss the indexes,
/// and a rollback brings them back.
struct DroppedIndexes {
    private typealias Statement = (name: String, sql: String)

    private let indexes: [Statement]
    /// Foreign keys of the tables and to them. They need the other keys, and check all rows when they are created.
    private let references: [Statement]

    /// Drops the indexes and keys.
    /// - Parameter withKeys: Whether to drop primary, unique and foreign keys too.
    /// - Throws: ``PostgresError``, for example if the role does not own the tables.
    init(of tables: [String], withKeys: Bool = true, on connection: BlockingConnection) throws {
        func drop(_ found: PostgresRows) throws -> [Statement] {
            var dropped: [Statement] = []
            for row in found {
                try connection.execute(try row[0, as: String.self])
                dropped.append((try row[1], try row[2]))
            }
            return dropped
        }
        func keys(_ types: [String]) throws -> PostgresRows {
            try connection.query(
                """
                SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname), conname::text, \
                format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) \
                FROM pg_constraint WHERE contype::text = ANY(\(types)) \
                AND (conrelid = ANY(\(tables)::regclass[]) OR confrelid = ANY(\(tables)::regclass[])) ORDER BY conname
                """)
        }
        references = withKeys ? try drop(try keys(["f"])) : []
        let keys = withKeys ? try drop(try keys(["p", "u"])) : []
        indexes =
            keys
            + (try drop(
                try connection.query(
                    """
                    SELECT format('DROP INDEX %s', i.indexrelid::regclass), c.relname::text, pg_get_indexdef(i.indexrelid) \
                    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = ANY(\(tables)::regclass[]) \
                    AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u')) \
                    ORDER BY 2
                    """)))
    }

    /// Creates the indexes and all keys but foreign keys again.
    func restore(on connection: BlockingConnection, _ note: (String) -> Void) throws {
        try create(indexes, connection, note)
    }

    /// Creates the foreign keys again.
    func restoreReferences(on connection: BlockingConnection, _ note: (String) -> Void) throws {
        try create(references, connection, note)
    }

    private func create(_ statements: [Statement], _ connection: BlockingConnection, _ note: (String) -> Void) throws {
        for (name, sql) in statements {
            note(name)
            try connection.execute(sql)
        }
    }
}
