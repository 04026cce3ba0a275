import Formats
import Web

/// One step of the schema, from its files.
package struct Migration: Equatable, Sendable {
    package let version: Int
    package let name: String
    package let up: MigrationScript
    /// Nil if the migration cannot be undone.
    package let down: MigrationScript?

    /// Version and name: `0002_carts`.
    package var title: String { Self.title(version, name) }

    static func title(_ version: Int, _ name: String) -> String {
        let digits = String(version)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "_" + name
    }
}

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

    /// Whether the script runs inside a transaction. A first line `-- no-transaction` turns that off, for statements that
    /// PostgreSQL refuses in a transaction, such as CREATE INDEX CONCURRENTLY.
    package var isTransactional: Bool {
        let line = sql.utf8.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        let words = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
        return words != ["--", "no-transaction"] && words != ["--no-transaction"]
    }

    /// The statements of a script without transaction, which run one after the other. A statement ends with a line that ends with a
    /// semicolon, outside of the body of a function, which stands between two `$$`.
    var statements: [String] {
        var statements: [String] = []
        var lines: [Substring] = []
        var isBody = false
        for line in sql.split(whereSeparator: \.isNewline) where !line.hasPrefix("--") {
            lines.append(line)
            if !line.ranges(of: "$$").count.isMultiple(of: 2) { isBody.toggle() }
            guard !isBody, line.last(where: { !$0.isWhitespace }) == ";" else { continue }
            statements.append(lines.joined(separator: "\n"))
            lines = []
        }
        if lines.contains(where: { !$0.allSatisfy(\.isWhitespace) }) { statements.append(lines.joined(separator: "\n")) }
        return statements
    }
}

/// The parts of a migration file's name: `0002_carts.up.sql`.
struct MigrationFileName: Equatable {
    enum Direction: String {
        case up, down
    }

    let version: Int
    let name: String
    let direction: Direction

    /// Reads four digits, an underscore, lower-case letters, digits and underscores, the direction, `.sql`. Nil for any other name.
    init?(_ file: String) {
        guard let suffix = [".up.sql", ".down.sql"].first(where: { file.hasSuffix($0) }) else { return nil }
        let stem = file.dropLast(suffix.count)
        let digits = stem.utf8.prefix(4)
        guard digits.count == 4, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let version = Int(stem.prefix(4)), version > 0
        else { return nil }
        let rest = stem.utf8.dropFirst(4)
        guard rest.first == UInt8(ascii: "_"), rest.count > 1 else { return nil }
        let isPlain = rest.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
            default: false
            }
        }
        guard isPlain else { return nil }
        self.version = version
        name = String(stem.dropFirst(5))
        direction = suffix == ".up.sql" ? .up : .down
    }
}

/// A row of `schema_migration`: a migration that the database has.
package struct AppliedMigration: Equatable, Sendable {
    package let version: Int
    package let name: String
    /// The checksum of the up file when it was applied.
    package let checksum: String
    package let appliedAt: Timestamp
    package let duration: Duration

    package init(version: Int, name: String, checksum: String, appliedAt: Timestamp, duration: Duration) {
        self.version = version
        self.name = name
        self.checksum = checksum
        self.appliedAt = appliedAt
        self.duration = duration
    }

    /// Version and name: `0002_carts`.
    package var title: String { Migration.title(version, name) }
}
