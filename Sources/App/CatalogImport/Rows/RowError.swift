import Formats

/// Why a row was not taken.
package struct RowError: Equatable, Sendable, CustomStringConvertible {
    /// The line of the file on which the row begins, from 1.
    package let line: Int
    /// The way to the field, `variants/1/price`; empty: the whole row.
    package let field: String
    /// What it should have been, or what stands in its way.
    package let reason: String

    package init(line: Int, field: String, reason: String) {
        self.line = line
        self.field = field
        self.reason = reason
    }

    /// `line 12: price must be …`
    package var description: String { "line \(line): \(field.isEmpty ? "the row" : field) \(reason)" }
}
