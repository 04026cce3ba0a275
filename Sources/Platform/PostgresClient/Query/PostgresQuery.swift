/// One SQL statement with its parameters.
///
/// Written as a string; each interpolation becomes a parameter (`$1`, `$2`, …), never text:
/// `"SELECT name FROM product WHERE id = \(id)"`. Parameters are sent with their types, so a `String` is
/// `text`: cast it where the column is an enumeration (`\(status)::order_status`).
/// Each connection prepares a statement once and finds it again by its text, so keep the text the same: for
/// lists use `= ANY(\(ids))` or `unnest(\(ids))` rather than one placeholder for each id.
package struct PostgresQuery: Sendable, ExpressibleByStringInterpolation {
    package private(set) var sql: String
    private(set) var parameters: PostgresParameters
    /// Whether it is planned for its values each time, and not prepared: for a statement whose best plan depends on its values,
    /// and that runs longer than its planning.
    package var usesCustomPlan = false

    /// Whether a parameter cannot be sent.
    var isInvalid: Bool { parameters.isInvalid || parameters.list.count > 65_535 }

    package init(stringLiteral value: String) {
        sql = value
        parameters = PostgresParameters()
    }

    package init(stringInterpolation: StringInterpolation) {
        sql = stringInterpolation.sql
        parameters = stringInterpolation.parameters
    }

    /// SQL text without parameters that is not a literal: a migration, a command's statement.
    package init(unescaped sql: String) {
        self.sql = sql
        parameters = PostgresParameters()
    }

    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var sql = ""
        fileprivate var parameters = PostgresParameters()

        package init(literalCapacity: Int, interpolationCount: Int) {
            sql.reserveCapacity(literalCapacity + interpolationCount * 3)
        }

        package mutating func appendLiteral(_ literal: String) { sql += literal }

        package mutating func appendInterpolation(_ value: some PostgresEncodable) {
            parameters.append(value)
            sql += "$"
            sql += String(parameters.list.count)
        }

        /// An identifier or a piece of SQL, such as a sort order, that is a literal of the source code.
        package mutating func appendInterpolation(unescaped text: StaticString) {
            text.withUTF8Buffer { sql += String(decoding: $0, as: UTF8.self) }
        }

        /// A whole number as a literal, so that PostgreSQL can plan with it: it plans for a tenth of the table where a LIMIT is
        /// a parameter. Each number makes a statement of its own, so only for numbers of a small set.
        package mutating func appendInterpolation(literal number: Int) { sql += String(number) }

        /// A piece of a statement with its own parameters, which are renumbered.
        package mutating func appendInterpolation(_ piece: PostgresQuery) {
            sql += PostgresQuery.renumbered(piece.sql, by: parameters.list.count)
            parameters.append(piece.parameters)
        }
    }

    /// Appends a piece with its own parameters, which are renumbered: for optional conditions.
    package mutating func append(_ piece: PostgresQuery) {
        sql += PostgresQuery.renumbered(piece.sql, by: parameters.list.count)
        parameters.append(piece.parameters)
    }

    /// `$1` becomes `$(1 + offset)`, except in quotes.
    static func renumbered(_ sql: String, by offset: Int) -> String {
        guard offset > 0, sql.utf8.contains(UInt8(ascii: "$")) else { return sql }
        var text: [UInt8] = []
        var quote: UInt8?
        var rest = Array(sql.utf8)[...]
        while let byte = rest.popFirst() {
            text.append(byte)
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                quote = byte
            } else if byte == UInt8(ascii: "$") {
                let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
                guard let number = Int(String(decoding: digits, as: UTF8.self)), number < 65_536 else { continue }
                rest = rest.dropFirst(digits.count)
                text.append(contentsOf: String(number + offset).utf8)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
