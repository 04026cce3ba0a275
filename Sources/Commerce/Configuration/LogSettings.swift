import Glibc
import Logging
import Observability

/// What is logged and how it looks.
package struct LogSettings: Sendable {
    package let level: Logger.Level
    /// Nil: pretty on a terminal, otherwise JSON.
    package let format: LogFormat?

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
        let format = format ?? (isatty(STDOUT_FILENO) == 1 ? .pretty : .json)
        let sink = LogSink(format: format)
        LogSystem.bootstrap(level: level, format: format, sink: sink)
        return sink
    }
}
