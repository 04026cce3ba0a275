// What people read about the settings.

extension Configuration {
    /// A line `NAME=value` for each setting as it holds now, for `--print-config`. Secrets are masked.
    package var report: String {
        rows.map { row in
            let isPhrase = row.shown.isEmpty && !row.fallback.isEmpty
            return "\(row.name)=\(row.shown)" + (row.isSet ? "" : isPhrase ? "  # default: \(row.fallback)" : "  # default")
        }.joined(separator: "\n")
    }

    /// The README's table of all settings.
    package static var table: String {
        var lines = ["| name | default | what it is |", "|---|---|---|"]
        for row in settings {
            let fallback = row.fallback.isEmpty ? "" : row.fallback.contains(" ") ? row.fallback : "`\(row.fallback)`"
            lines.append("| `\(row.name)` | \(fallback) | \(row.description)\(row.isSecret ? " (secret)" : "") |")
        }
        return lines.joined(separator: "\n")
    }
}
