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
    /// Levels that the transaction under way cannot write.
    private var refusals: [RowError] = []

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
        try describe()
        // The slug of a product whose row was refused stays taken, so another row may be refused for it.
        while try check(ImportStatements.takenSlugs) > 0 {}
        try categorize()
        try connection.execute(ImportStatements.vacateSlugs)
        report.created = try count(ImportStatements.insertProducts)
        try connection.execute(ImportStatements.insertVariants)
        report.variants = Int(
            try connection.query(PostgresQuery(unescaped: ImportStatements.updateVariants)).first?[0] ?? Int64(0))
        report.updated = try count(ImportStatements.updateProducts)
        report.stocked = try count(ImportStatements.insertStock)
        try connection.execute(ImportStatements.findThresholds)
        try connection.query(ImportStatements.insertEvents)
        if report.hasChanges { try bumpVersion() }
    }

    private mutating func bumpVersion() throws {
        report.version = try connection.query(PostgresQuery(unescaped: ImportStatements.bumpVersion)).first?[0]
    }

    static let lockKey: Int64 = 0x696D_706F_7274

    // MARK: Stock of existing variants

    /// The number of rows that are locked at a time, for the milliseconds that writing them takes.
    private static let batch: Int64 = 50

    /// Counts the levels and thresholds that ``writeStock(lowStock:)`` would change.
    mutating func countStock() throws {
        report.thresholds += Int(try connection.query("SELECT count(*) FROM import_threshold").first?[0] ?? Int64(0))
        report.stocked += Int(try connection.query(PostgresQuery(unescaped: ImportStatements.countStock)).first?[0] ?? Int64(0))
    }

    /// Writes the stock of existing variants after the transaction that changed the catalogue, and the thresholds of low stock. It
    /// writes a few rows at a time, so orders wait only as long as those take. If it is interrupted, importing the same file again
    /// does the rest.
    /// - Parameter lowStock: So few available units are low stock, unless the variant has a number of its own.
    mutating func writeStock(lowStock: Int) throws {
        try inBatches(of: "import_threshold") { run, places in
            run.report.thresholds += try run.connection.query(ImportStatements.writeThresholds(places)).affectedRows
        }
        let before = report.stocked
        try inBatches(of: "import_stock") { run, places in try run.writeStock(places, lowStock) }
        if report.stocked > before { try bumpVersion() }
    }

    /// Writes the rows of a temporary table by their places, some in each transaction.
    private mutating func inBatches(
        of table: StaticString, _ write: (inout ImportRun, ClosedRange<Int64>) throws -> Void
    ) throws {
        let last: Int64 =
            try connection.query("SELECT coalesce(max(place), 0) FROM \(unescaped: table)").first?[0] ?? 0
        guard last > 0 else { return }
        try connection.execute("ANALYZE \(table)")
        for first in stride(from: Int64(1), through: last, by: Int(Self.batch)) {
            let places = first...min(last, first + Self.batch - 1)
            do {
                try commit(places, lockTimeout: "200ms", isDurable: places.upperBound == last, write)
            } catch let error as PostgresError where Self.isBlocked(error) {
                // Another session holds one of these rows. One by one, the import holds no row while it waits for another.
                for place in places { try commitAlone(place, write) }
            }
        }
    }

    private mutating func commitAlone(
        _ place: Int64, _ write: (inout ImportRun, ClosedRange<Int64>) throws -> Void
    ) throws {
        for attempt in 1... {
            do {
                return try commit(place...place, lockTimeout: "6s", isDurable: true, write)
            } catch let error as PostgresError where Self.isBlocked(error) && attempt < 10 { continue }
        }
    }

    /// - Parameter isDurable: Whether the commit waits for the disk. Other commits do not wait, which keeps their locks short; the
    ///   last commit waits for all of them.
    private mutating func commit(
        _ places: ClosedRange<Int64>, lockTimeout: StaticString, isDurable: Bool,
        _ write: (inout ImportRun, ClosedRange<Int64>) throws -> Void
    ) throws {
        // What a transaction that is rolled back has counted does not count.
        var run = self
        try connection.transaction {
            try connection.execute(
                "SET LOCAL lock_timeout = '\(lockTimeout)'" + (isDurable ? "" : "; SET LOCAL synchronous_commit = off"))
            try write(&run, places)
        }
        self = run
        for error in refusals { note(.refused(error)) }
        refusals = []
    }

    private static func isBlocked(_ error: PostgresError) -> Bool {
        [SQLState.lockNotAvailable, SQLState.deadlockDetected].contains(error.sqlState)
    }

    private mutating func writeStock(_ places: ClosedRange<Int64>, _ lowStock: Int) throws {
        try connection.query(ImportStatements.lockStock(places))
        report.stocked += try connection.query(ImportStatements.writeStock(places, lowStock: lowStock)).affectedRows
        for row in try connection.query(ImportStatements.unwrittenStock(places)) {
            let (line, stock, reserved): (Int64, Int32, Int32) = (try row[0], try row[2], try row[3])
            report.unstocked += 1
            refusals.append(
                RowError(
                    line: Int(clamping: line), field: try row[1],
                    reason: "is \(stock), but orders have reserved \(reserved) meanwhile; the stock stays as it was"))
        }
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

    /// Runs statements that find invalid rows, and removes these rows. The number of errors.
    @discardableResult
    private mutating func check(_ sql: String) throws -> Int {
        try connection.execute(sql)
        let rows = try connection.query("SELECT line, field, reason FROM import_error ORDER BY line, field")
        guard !rows.isEmpty else { return 0 }
        var last: Int64?
        for row in rows {
            let line: Int64 = try row[0]
            if line != last { report.refused += 1 }
            last = line
            note(.refused(RowError(line: Int(clamping: line), field: try row[1], reason: try row[2])))
        }
        try connection.execute(ImportStatements.dropInvalid)
        return rows.count
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

    /// Finds the types of the rows' attributes.
    private mutating func describe() throws {
        let hasAttributes: Bool =
            try connection.query("SELECT EXISTS (SELECT FROM import_product WHERE attributes <> '[]')").first?[0] ?? false
        guard hasAttributes else { return }
        try check(ImportStatements.findAttributes)
        try connection.execute(ImportStatements.describeProducts)
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
            paths.append((text, text.split(separator: "\n").map(String.init)))
        }
        paths.sort { ($0.names.count, $0.text) < ($1.names.count, $1.text) }
        var index = CategoryIndex(try CategoryIndex.nodes(connection))
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
