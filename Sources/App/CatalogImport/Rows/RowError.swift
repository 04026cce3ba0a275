/// Why a row was refused.
package struct RowError: Equatable, Sendable, CustomStringConvertible {
    /// The line of the file on which the row begins, from 1.
    package let line: Int
    /// The path of the field, `variants/1/price`; empty for the whole row.
    package let field: String
    /// The rule that the field breaks.
    package let reason: String

    package init(line: Int, field: String, reason: String) {
        self.line = line
        self.field = field
        self.reason = reason
    }

    /// `line 12: price must be …`
    package var description: String { "line \(line): \(field.isEmpty ? "the row" : field) \(reason)" }
}
