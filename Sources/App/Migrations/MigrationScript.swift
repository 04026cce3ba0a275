import Formats
import Web

/// The SQL of one migration file.
package struct MigrationScript: Equatable, Sendable {
    /// The file's name.
    package let file: String
    package let sql: String
    /// SHA-256 of the file's bytes, 64 hexadecimal digits.
    package let checksum: String

    init(file: String, bytes: [UInt8]) {
        self.file = file
        sql = String(decoding: bytes, as: UTF8.self)
        checksum = SHA256.hash(bytes).hexadecimalText
    }

    /// Whether it runs inside a transaction, which is what a first line `-- no-transaction` turns off: for the one statement
    /// that PostgreSQL refuses there, as CREATE INDEX CONCURRENTLY.
    package var isTransactional: Bool {
        let line = sql.utf8.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        let words = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
        return words != ["--", "no-transaction"] && words != ["--no-transaction"]
    }
}
