/// A number as it was written: nothing is rounded, and the reader decides what it accepts.
package struct JSONNumber: Hashable, Sendable {
    /// The text, which follows the grammar of RFC 8259 §6.
    package let lexeme: String

    init(validLexeme lexeme: String) {
        self.lexeme = lexeme
    }

    package init(_ value: some FixedWidthInteger) {
        lexeme = String(value)
    }

    /// The value of a plain integer within 64 bits; nil with a fraction or exponent, even where its value is whole (`1.0`, `1e3`).
    package var int64: Int64? {
        Int64(lexeme)
    }
}
