import Glibc
import Logging
import Observability

/// What is logged and how it looks.
package struct LogSettings: Sendable {
    package enum Threshold: String, CaseIterable, Sendable {
        case trace, debug, info, notice, warning, error, critical
    }

    package enum Format: String, CaseIterable, Sendable {
        case json, pretty
    }

    package let level: Threshold
    /// Nil: pretty on a terminal, otherwise JSON.
    package let format: Format?

    init(_ reader: inout SettingsReader) {
        level = reader.read(
            "LOG_LEVEL", .choice, default: .info,
            "Least level that is logged: trace, debug, info, notice, warning, error, critical")
        format = reader.read(
            optional: "LOG_FORMAT", .choice, shownDefault: "pretty on a terminal, else json", "Log lines as json or pretty")
    }

    /// Makes every logger of the process write to standard output as these settings want it; once, before the first logger is
    /// made. The caller flushes the sink at the end.
    package func start() -> LogSink {
        let isPretty = format.map { $0 == .pretty } ?? (isatty(STDOUT_FILENO) == 1)
        let sink = LogSink(format: isPretty ? .pretty : .json)
        LogSystem.bootstrap(
            level: Logger.Level(rawValue: level.rawValue) ?? .info, format: isPretty ? .pretty : .json, sink: sink)
        return sink
    }
}
