/// What is logged and how it looks.
package struct LogSettings: Sendable {
    package enum Level: String, CaseIterable, Sendable {
        case trace, debug, info, notice, warning, error, critical
    }

    package enum Format: String, CaseIterable, Sendable {
        case json, pretty
    }

    package let level: Level
    /// Nil: pretty on a terminal, otherwise JSON.
    package let format: Format?

    init(_ reader: inout SettingsReader) {
        level = reader.read("LOG_LEVEL", .choice, default: .info, "Least level that is logged: trace, debug, info, notice, warning, error, critical")
        format = reader.read(
            optional: "LOG_FORMAT", .choice, shownDefault: "pretty on a terminal, else json", "Log lines as json or pretty")
    }
}
