import Formats

/// The state of each migration in the files and in the database.
package struct MigrationStatus: Equatable, Sendable {
    package enum State: String, Sendable {
        case applied, pending
        /// The file was changed after it was applied.
        case edited
        /// Applied, but without a file.
        case missing
    }

    package struct Row: Equatable, Sendable {
        package let version: Int
        package let name: String
        package let state: State
        package let appliedAt: Timestamp?
        package let duration: Duration?
    }

    /// In the order of their versions.
    package let rows: [Row]

    package init(_ set: MigrationSet, applied: [AppliedMigration]) {
        var rest = Dictionary(applied.map { ($0.version, $0) }) { first, _ in first }
        var rows = set.migrations.map { migration in
            let row = rest.removeValue(forKey: migration.version)
            let state: State =
                if let row { row.checksum == migration.up.checksum && row.name == migration.name ? .applied : .edited } else {
                    .pending
                }
            return Row(
                version: migration.version, name: migration.name, state: state, appliedAt: row?.appliedAt,
                duration: row?.duration)
        }
        rows += rest.values.map {
            Row(version: $0.version, name: $0.name, state: .missing, appliedAt: $0.appliedAt, duration: $0.duration)
        }
        self.rows = rows.sorted { $0.version < $1.version }
    }

    /// Text in columns, for people.
    package var table: String {
        let cells =
            [["version", "name", "state", "applied at", "took"]]
            + rows.map { row in
                [
                    String(row.version), row.name, row.state.rawValue, row.appliedAt.map(Self.text) ?? "",
                    row.duration.map { "\($0.milliseconds) ms" } ?? "",
                ]
            }
        let widths = (0..<5).map { column in cells.map { $0[column].count }.max() ?? 0 }
        return cells.map { line in
            let padded = zip(line, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
            return String(padded.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }

    private static func text(_ time: Timestamp) -> String {
        var bytes: [UInt8] = []
        time.appendRFC3339(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// An array of objects on one line, for programs.
    package var json: String {
        var writer = JSONWriter()
        writer.beginArray()
        for row in rows {
            writer.beginObject()
            writer.field("version", row.version)
            writer.field("name", row.name)
            writer.field("state", row.state.rawValue)
            writer.field("applied_at", row.appliedAt)
            writer.field("duration_ms", row.duration.map(\.milliseconds))
            writer.endObject()
        }
        writer.endArray()
        return String(decoding: writer.finish(), as: UTF8.self)
    }
}

extension Duration {
    /// Whole milliseconds, towards zero.
    fileprivate var milliseconds: Int64 { wholeMicroseconds / 1_000 }
}
