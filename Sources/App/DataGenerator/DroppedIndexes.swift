import PostgresClient

/// Indexes and keys of some tables, taken off before very many rows are written and put back afterwards: building an index
/// over what is there takes a fraction of keeping it up to date row by row. Within one transaction: they never are missing
/// for anybody else, and come back by themselves where it fails.
struct DroppedIndexes {
    private let statements: [(name: String, sql: String)]

    /// Takes them off.
    /// - Throws: ``PostgresError``: only the owner of the tables may.
    init(of tables: [String], on connection: BlockingConnection) throws {
        // Keys first to go that point at others; indexes and primary keys first to come back.
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

    /// Puts them back.
    func restore(on connection: BlockingConnection, _ note: (String) -> Void) throws {
        for (name, sql) in statements {
            note(name)
            try connection.execute(sql)
        }
    }
}
