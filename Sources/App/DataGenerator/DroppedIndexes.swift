import PostgresClient

/// The indexes and keys of some tables, dropped before many rows are written and created again afterwards: building an index over
/// all rows takes a fraction of the time of updating it for each row. In one transaction: other sessions never miss the indexes,
/// and a rollback brings them back.
struct DroppedIndexes {
    private let statements: [(name: String, sql: String)]

    /// Drops the indexes and keys.
    /// - Throws: ``PostgresError``, for example if the role does not own the tables.
    init(of tables: [String], on connection: BlockingConnection) throws {
        // Foreign keys go first and come back last: they need the primary keys.
        let keys = try connection.query(
            """
            SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname), conname::text, \
            format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) \
            FROM pg_constraint WHERE contype = ANY(ARRAY['p', 'u', 'f']::"char"[]) \
            AND (conrelid = ANY(\(tables)::regclass[]) OR confrelid = ANY(\(tables)::regclass[])) \
            ORDER BY contype = 'f' DESC, conname
            """)
        let indexes = try connection.query(
            """
            SELECT format('DROP INDEX %s', i.indexrelid::regclass), c.relname::text, pg_get_indexdef(i.indexrelid) \
            FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = ANY(\(tables)::regclass[]) \
            AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u')) ORDER BY 2
            """)
        var statements: [(String, String)] = []
        for rows in [Array(keys), Array(indexes)] {
            for row in rows {
                try connection.execute(try row[0, as: String.self])
                statements.append((try row[1], try row[2]))
            }
        }
        self.statements = statements.reversed()
    }

    /// Creates the indexes and keys again.
    func restore(on connection: BlockingConnection, _ note: (String) -> Void) throws {
        for (name, sql) in statements {
            note(name)
            try connection.execute(sql)
        }
    }
}
