import PostgresClient

/// What a way back takes away for good.
package struct MigrationLosses: Equatable, Sendable {
    /// One thing that a script drops or empties.
    package enum Item: Hashable, Sendable {
        case table(String)
        case column(String, of: String)
        /// Rows that are deleted or changed by a statement of the script's own.
        case rows(of: String)
    }

    /// A migration and what goes with it.
    package struct Step: Equatable, Sendable {
        let title: String
        /// With the number of rows, as text; nil: it is not there.
        let items: [(item: Item, rows: String?)]

        package static func == (left: Step, right: Step) -> Bool {
            left.title == right.title && left.items.elementsEqual(right.items) { $0 == $1 }
        }
    }

    /// The version that stays.
    package let target: Int
    package let steps: [Step]

    /// A line for each thing that goes, and for each migration with which nothing does.
    package var lines: [String] {
        steps.flatMap { step -> [String] in
            let lines = step.items.compactMap { item, rows -> String? in
                guard let rows else { return nil }
                return switch item {
                case .table(let table): "\(step.title): the table \(table) with \(rows)"
                case .column(let column, let table): "\(step.title): the column \(table).\(column) with values in \(rows)"
                case .rows(let table): "\(step.title): rows of the table \(table), which has \(rows)"
                }
            }
            return lines.isEmpty ? ["\(step.title): no data"] : lines
        }
    }

    /// What a script of SQL drops or empties, in its order.
    static func items(of sql: String) -> [Item] {
        var items: [Item] = []
        for statement in tokens(sql).split(separator: ";") {
            var words = Array(statement)[...]
            /// Takes the next words if they are these.
            func take(_ expected: String...) -> Bool {
                guard words.prefix(expected.count).map({ $0.lowercased() }) == expected else { return false }
                words = words.dropFirst(expected.count)
                return true
            }
            /// Takes a name, with its schema if there is one.
            func name() -> String? {
                guard var name = words.popFirst() else { return nil }
                while words.first == ".", let next = words.dropFirst().first {
                    name += "." + next
                    words = words.dropFirst(2)
                }
                return name
            }
            func names() -> [String] {
                var names: [String] = []
                repeat { if let name = name() { names.append(name) } } while take(",")
                return names
            }
            if take("drop", "table") {
                _ = take("if", "exists")
                items += names().map { .table($0) }
            } else if take("truncate") {
                _ = take("table")
                _ = take("only")
                items += names().map { .rows(of: $0) }
            } else if take("delete", "from") || take("update") {
                _ = take("only")
                if let table = name() { items.append(.rows(of: table)) }
            } else if take("alter", "table") {
                _ = take("if", "exists")
                _ = take("only")
                guard let table = name() else { continue }
                var depth = 0
                var begins = true
                while !words.isEmpty {
                    if begins, depth == 0, take("drop"), !take("constraint") {
                        _ = take("column")
                        _ = take("if", "exists")
                        if let column = name() { items.append(.column(column, of: table)) }
                        begins = false
                        continue
                    }
                    let word = words.popFirst()
                    if word == "(" { depth += 1 }
                    if word == ")" { depth -= 1 }
                    begins = word == "," && depth == 0
                }
            }
        }
        return items
    }

    /// Words, names and signs; without comments, and texts as one sign.
    private static func tokens(_ sql: String) -> [String] {
        var tokens: [String] = []
        var rest = Substring(sql)
        while let first = rest.first {
            if rest.hasPrefix("--") {
                rest = rest.drop { !$0.isNewline }
            } else if rest.hasPrefix("/*") {
                rest = rest.firstRange(of: "*/").map { rest[$0.upperBound...] } ?? ""
            } else if first == "'" {
                rest = rest.dropFirst().drop { $0 != "'" }.dropFirst()
                tokens.append("'")
            } else if first == "\"" {
                let name = rest.dropFirst().prefix { $0 != "\"" }
                rest = rest.dropFirst(name.count + 2)
                tokens.append(String(name))
            } else if first == "$", let end = rest.dropFirst().firstIndex(of: "$"),
                rest[rest.index(after: rest.startIndex)..<end].allSatisfy({ $0.isLetter || $0 == "_" })
            {
                let tag = rest[...end]
                rest = rest[rest.index(after: end)...]
                rest = rest.firstRange(of: tag).map { rest[$0.upperBound...] } ?? ""
                tokens.append("'")
            } else if first.isLetter || first == "_" {
                let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                rest = rest.dropFirst(word.count)
                tokens.append(word.lowercased())
            } else {
                if !first.isWhitespace { tokens.append(String(first)) }
                rest = rest.dropFirst()
            }
        }
        return tokens
    }
}

extension Migrator {
    /// What going back to a version would take away. It changes nothing, and waits a second at most for a lock.
    /// - Parameter target: nil: the one below the newest that is applied
    package func losses(downTo target: Int?) throws(MigrationError) -> MigrationLosses {
        let connection = try connect()
        let applied = try applied(connection)
        do {
            // Where counting takes long, the planner's number does.
            try connection.execute("SET statement_timeout = '5s'; SET lock_timeout = '1s'")
            let newest = applied.map(\.version).max() ?? 0
            let target = target ?? max(0, newest - 1)
            let plan = try MigrationPlan.down(set, applied: applied, to: target)
            let steps = plan.steps.map { step in
                MigrationLosses.Step(
                    title: step.migration.title,
                    items: MigrationLosses.items(of: step.script.sql).map { ($0, rows(of: $0, connection)) })
            }
            return MigrationLosses(target: target, steps: steps)
        } catch let faults as MigrationFaults {
            throw MigrationError(faults)
        } catch {
            throw MigrationError(.failed, "cannot look at what would be lost: \(error)")
        }
    }

    /// The number of rows as text; nil where there is no such table or column.
    private func rows(of item: MigrationLosses.Item, _ connection: BlockingConnection) -> String? {
        func quoted(_ name: String) -> String {
            name.split(separator: ".").map { "\"" + $0.replacing("\"", with: "\"\"") + "\"" }.joined(separator: ".")
        }
        let (table, counted) =
            switch item {
            case .table(let table), .rows(let table): (table, "*")
            case .column(let column, let table): (table, quoted(column))
            }
        func number(_ sql: String) -> Int64? { try? connection.query(PostgresQuery(unescaped: sql)).first?[0] }
        if let count = number("SELECT count(\(counted)) FROM \(quoted(table))") { return count == 1 ? "1 row" : "\(count) rows" }
        let estimate: Int64? = try? connection.query(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(\(quoted(table)))"
        ).first?[0]
        return estimate.map { "about \(max(0, $0)) rows" }
    }
}
