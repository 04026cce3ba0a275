import Money
import Formats
import FoundationEssentials
import PostgresClient

/// The steps of one import: staging, identifying and writing products in a transaction, then writing stock after it.
struct ImportRun {
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
        // One import at a time. A session lock, not one of the transaction: stock is written after the transaction.
        try connection.query("SELECT pg_advisory_lock(\(Self.lockKey))")
        try connection.execute(ImportStatements.tables)
        var staged = StagedRows()
        var bytes = 0
        var piece = try next()
        while piece.count < 64 {
            let more = try next()
            if more.isEmpty { break }
            piece += more
        }
        if let damage = ImportFormat.damage(beginning: piece) { throw ImportError(.malformed, damage) }
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

    /// Turns staged rows into products.
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
        try price()
        try connection.execute(ImportStatements.slugs)
        try connection.execute(ImportStatements.identifyVariants)
        try deriveSKUs()
        try check(ImportStatements.changedCurrency)
        try check(ImportStatements.findStock)
        try categorize()
        report.created = try count(ImportStatements.insertProducts)
        try connection.execute(ImportStatements.insertVariants)
        report.variants = Int(
            try connection.query(PostgresQuery(unescaped: ImportStatements.updateVariants)).first?[0] ?? Int64(0))
        report.updated = try count(ImportStatements.updateProducts)
        report.stocked = try count(ImportStatements.insertStock)
        if report.hasChanges { try bumpVersion() }
    }

    private mutating func bumpVersion() throws {
        report.version = try connection.query(PostgresQuery(unescaped: ImportStatements.bumpVersion)).first?[0]
    }

    private static let lockKey: Int64 = 0x696D_706F_7274

    // MARK: Stock of existing variants

    /// The number of rows that are locked at a time, for the milliseconds that writing them takes.
    private static let batch: Int64 = 50

    /// Counts the levels that ``writeStock()`` would change.
    mutating func countStock() throws {
        report.stocked += Int(try connection.query(PostgresQuery(unescaped: ImportStatements.countStock)).first?[0] ?? Int64(0))
    }

    /// Writes the stock of existing variants after the transaction that changed the catalogue. It writes a few rows at a time, so
    /// orders wait only as long as those take. If it is interrupted, importing the same file again does the rest.
    mutating func writeStock() throws {
        let last: Int64 = try connection.query("SELECT coalesce(max(place), 0) FROM import_stock").first?[0] ?? 0
        guard last > 0 else { return }
        try connection.execute("ANALYZE import_stock")
        let before = report.stocked
        for first in stride(from: Int64(1), through: last, by: Int(Self.batch)) {
            let places = first...min(last, first + Self.batch - 1)
            do {
                try write(places, lockTimeout: "200ms", isDurable: places.upperBound == last)
            } catch let error as PostgresError where Self.isBlocked(error) {
                // Another session holds one of these rows. One by one, the import holds no row while it waits for another.
                for place in places { try writeAlone(place) }
            }
        }
        if report.stocked > before { try bumpVersion() }
    }

    private mutating func writeAlone(_ place: Int64) throws {
        for attempt in 1... {
            do {
                return try write(place...place, lockTimeout: "6s", isDurable: true)
            } catch let error as PostgresError where Self.isBlocked(error) && attempt < 10 { continue }
        }
    }

    private static func isBlocked(_ error: PostgresError) -> Bool {
        [SQLState.lockNotAvailable, SQLState.deadlockDetected].contains(error.sqlState)
    }

    /// - Parameter isDurable: Whether the commit waits for the disk. Other commits do not wait, which keeps their locks short; the
    ///   last commit waits for all of them.
    private mutating func write(_ places: ClosedRange<Int64>, lockTimeout: StaticString, isDurable: Bool) throws {
        var (changed, unwritten): (Int, [RowError]) = (0, [])
        try connection.transaction {
            try connection.execute(
                "SET LOCAL lock_timeout = '\(lockTimeout)'" + (isDurable ? "" : "; SET LOCAL synchronous_commit = off"))
            try connection.query(ImportStatements.lockStock(places))
            changed = try connection.query(ImportStatements.writeStock(places)).affectedRows
            unwritten = try connection.query(ImportStatements.unwrittenStock(places)).map { row in
                let (line, stock, reserved): (Int64, Int32, Int32) = (try row[0], try row[2], try row[3])
                return RowError(
                    line: Int(clamping: line), field: try row[1],
                    reason: "is \(stock), but orders have reserved \(reserved) meanwhile; the stock stays as it was")
            }
        }
        report.stocked += changed
        report.unstocked += unwritten.count
        for error in unwritten { note(.refused(error)) }
    }

    // MARK: Rows

    private mutating func take(_ record: ImportRecord, _ staged: inout StagedRows) throws {
        report.rows += 1
        switch record {
        case .broken(let error): refuse([error])
        case .damaged(let error): throw ImportError(.malformed, error.description)
        case .fields(let fields, let line):
            switch RowReader.read(fields, line: line, rules: rules) {
            case .errors(let errors): refuse(errors)
            case .row(let row):
                staged.append(row)
                if staged.isFull { try staged.flush(connection) }
            }
        }
    }

    /// Refuses a row, with all its errors.
    private mutating func refuse(_ errors: [RowError]) {
        report.refused += 1
        for error in errors { note(.refused(error)) }
    }

    /// Runs statements that find invalid rows, and removes these rows.
    private mutating func check(_ sql: String) throws {
        try connection.execute(sql)
        let rows = try connection.query("SELECT line, field, reason FROM import_error ORDER BY line, field")
        guard !rows.isEmpty else { return }
        var last: Int64?
        for row in rows {
            let line: Int64 = try row[0]
            if line != last { report.refused += 1 }
            last = line
            note(.refused(RowError(line: Int(clamping: line), field: try row[1], reason: try row[2])))
        }
        try connection.execute(ImportStatements.dropInvalid)
    }

    private func count(_ sql: String) throws -> Int {
        try connection.query(PostgresQuery(unescaped: sql)).affectedRows
    }

    /// Sets the currency of each price, and converts it to minor units.
    private mutating func price() throws {
        for row in try connection.query(PostgresQuery(unescaped: ImportStatements.currencies)) {
            let code: String = try row[0]
            guard code != rules.currency.code else { continue }
            guard let currency = CurrencyCode(code) else {
                throw ImportError(.failed, "a product is priced in \(code), which is no currency in use; its row has to name one")
            }
            try price(in: currency)
        }
        try price(in: rules.currency)
    }

    private mutating func price(in currency: CurrencyCode) throws {
        try connection.query(
            ImportStatements.priced(in: currency.code, digits: currency.minorDigits, isStores: currency == rules.currency))
        try check("")
    }

    private func deriveSKUs() throws {
        // Ten hexadecimal digits rarely collide: even a second attempt is rare.
        for attempt in 0..<20 where try count(ImportStatements.deriveSKUs(attempt: attempt)) == 0 { return }
    }

    /// Finds or creates the categories, by depth, so the order of the rows makes no difference.
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
