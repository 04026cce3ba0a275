import PostgresClient

/// The data that undoing migrations deletes.
package struct MigrationLosses: Equatable, Sendable {
    /// A table, a column or rows that a script drops or changes.
    package enum Item: Hashable, Sendable {
        case table(String)
        case column(String, of: String)
        /// Rows that a DELETE, UPDATE or TRUNCATE of the script deletes or changes.
        case rows(of: String)
    }

    /// A migration and the data that is deleted with it.
    package struct Step: Equatable, Sendable {
        let title: String
        /// Each with its number of rows, as text; nil if it does not exist.
        let items: [(item: Item, rows: String?)]

        package static func == (left: Step, right: Step) -> Bool {
            left.title == right.title && left.items.elementsEqual(right.items) { $0 == $1 }
        }
    }

    /// The version that stays.
    package let target: Int
    package let steps: [Step]

    /// Counts the rows that a plan would delete.
    init(_ plan: MigrationPlan, target: Int, on connection: BlockingConnection) {
        self.target = target
        steps = plan.steps.map { step in
            Step(
                title: step.migration.title,
                items: Self.items(of: step.script.sql).map { ($0, Self.rows(of: $0, connection)) })
        }
    }

    /// One line for each item, and for each migration that deletes nothing.
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

    /// The tables, columns and rows that an SQL script drops or changes, in its order.
    static func items(of sql: String) -> [Item] {
        var items: [Item] = []
        for statement in tokens(sql).split(separator: ";") {
            var words = Array(statement)[...]
            /// Consumes the next words if they are the expected ones.
            func take(_ expected: String...) -> Bool {
                guard words.prefix(expected.count).map({ $0.lowercased() }) == expected else { return false }
                words = words.dropFirst(expected.count)
                return true
            }
            /// Consumes a name, with its schema if there is one.
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

    /// The tokens of an SQL script: words, names and signs. Comments are left out, and a string literal is one sign.
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

    /// The number of rows as text; nil if there is no such table or column.
    private static func rows(of item: Item, _ connection: BlockingConnection) -> String? {
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
