import Formats
import FoundationEssentials
import PostgresClient

/// One import inside its transaction.
struct ImportWork {
    let connection: BlockingConnection
    let rules: RowRules
    let note: (ImportEvent) -> Void
    var report = ImportReport()

    init(connection: BlockingConnection, rules: RowRules, note: @escaping (ImportEvent) -> Void) {
        self.connection = connection
        self.rules = rules
        self.note = note
    }

    /// Reads all rows into the temporary tables.
    mutating func stage(_ format: ImportFormat?, _ next: () throws -> [UInt8]) throws {
        // One import at a time; it ends with the transaction.
        try connection.query("SELECT pg_advisory_xact_lock(\(Self.lockKey))")
        try connection.execute(ImportStatements.tables)
        var staged = StagedRows()
        var bytes = 0
        var piece = try next()
        var reader = RecordReader(format ?? ImportFormat(beginning: piece))
        while !piece.isEmpty {
            bytes += piece.count
            try reader.read(piece) { try take($0, &staged) }
            note(.read(rows: report.rows, bytes: bytes))
            piece = try next()
        }
        try reader.finish { try take($0, &staged) }
        try staged.flush(connection)
        note(.read(rows: report.rows, bytes: bytes))
    }

    /// Turns what is staged into products.
    mutating func apply() throws {
        note(.applying)
        try connection.execute(ImportStatements.analyze)
        try check(ImportStatements.repeated)
        try check(ImportStatements.identify)
        try check(ImportStatements.identifyBySlug)
        let isByName: Bool = try connection.query("SELECT EXISTS (SELECT FROM import_product WHERE by_name)").first?[0] ?? false
        if isByName { try connection.execute(ImportStatements.identifyByName) }
        try check(ImportStatements.claimedTwice)
        try connection.execute(ImportStatements.settle)
        try connection.execute(ImportStatements.slugs)
        try connection.execute(ImportStatements.identifyVariants)
        try deriveSKUs()
        try check(ImportStatements.lockStock)
        try categorize()
        report.created = try count(ImportStatements.insertProducts)
        try connection.execute(ImportStatements.insertVariants)
        report.variants = Int(try connection.query(PostgresQuery(unescaped: ImportStatements.updateVariants)).first?[0] ?? Int64(0))
        report.updated = try count(ImportStatements.updateProducts)
        report.stocked = try count(ImportStatements.writeStock)
        if report.hasChanges {
            report.version = try connection.query(PostgresQuery(unescaped: ImportStatements.bumpVersion)).first?[0]
        }
    }

    private static let lockKey: Int64 = 0x696D_706F_7274

    private mutating func take(_ record: ImportRecord, _ staged: inout StagedRows) throws {
        report.rows += 1
        switch record {
        case .broken(let fault): refuse([fault])
        case .fields(let fields, let line):
            switch RowReader.read(fields, line: line, rules: rules) {
            case .faults(let faults): refuse(faults)
            case .row(let row):
                staged.append(row)
                if staged.isFull { try staged.flush(connection) }
            }
        }
    }

    /// All of one row.
    private mutating func refuse(_ faults: [ImportFault]) {
        report.refused += 1
        for fault in faults { note(.refused(fault)) }
    }

    /// Runs statements that look for faulty rows, and takes these out.
    private mutating func check(_ sql: String) throws {
        try connection.execute(sql)
        let rows = try connection.query("SELECT line, field, reason FROM import_fault ORDER BY line, field")
        guard !rows.isEmpty else { return }
        var last: Int64?
        for row in rows {
            let line: Int64 = try row[0]
            if line != last { report.refused += 1 }
            last = line
            note(.refused(ImportFault(line: Int(clamping: line), field: try row[1], reason: try row[2])))
        }
        try connection.execute(ImportStatements.dropFaulty)
    }

    private func count(_ sql: String) throws -> Int {
        try connection.query(PostgresQuery(unescaped: sql)).affectedRows
    }

    private func deriveSKUs() throws {
        // Ten hexadecimal digits collide so rarely that two rounds are much already.
        for attempt in 0..<20 where try count(ImportStatements.deriveSKUs(attempt: attempt)) == 0 { return }
    }

    /// Finds or makes the categories. By depth, so that the order of the rows makes no difference.
    private mutating func categorize() throws {
        let rows = try connection.query("SELECT DISTINCT category FROM import_product WHERE category IS NOT NULL")
        guard !rows.isEmpty else { return }
        var paths: [(text: String, names: [String])] = []
        for row in rows {
            let text: String = try row[0]
            paths.append((text, text.split(separator: "/").map(String.init)))
        }
        paths.sort { ($0.names.count, $0.text) < ($1.names.count, $1.text) }
        var nodes: [CategoryIndex.Node] = []
        for row in try connection.query("SELECT id, parent_id, slug, name, path FROM category ORDER BY path") {
            nodes.append(
                CategoryIndex.Node(id: try row[0], parent: try row[1], slug: try row[2], name: try row[3], path: try row[4]))
        }
        var index = CategoryIndex(nodes)
        let ids = paths.map { index.category($0.names) }
        let made = index.made
        report.categories = made.count
        let (madeIDs, parents) = (made.map { $0.id }, made.map { $0.parent })
        let (slugs, names, madePaths) = (made.map { $0.slug }, made.map { $0.name }, made.map { $0.path })
        try connection.query(
            """
            INSERT INTO category (id, parent_id, slug, name, path)
            SELECT * FROM unnest(\(madeIDs), \(parents), \(slugs), \(names), \(madePaths))
            """)
        let texts = paths.map { $0.text }
        try connection.query(
            """
            UPDATE import_product r SET category_id = m.id
            FROM unnest(\(texts), \(ids)) m (category, id) WHERE m.category = r.category
            """)
    }
}
