import Glibc
import Logging
import Observability

/// What is logged and how it looks.
package struct LogSettings: Sendable {
    package let level: Logger.Level
    /// Nil: pretty on a terminal, otherwise JSON.
    package let format: LogFormat?
    /// How many access lines of 4xx one client gets in ten seconds, of each loop.
    package let clientErrors: Int

    init(_ reader: inout SettingsReader) {
        level = reader.read(
            "LOG_LEVEL", .choice, default: .info,
            "Minimum log level: trace, debug, info, notice, warning, error, critical")
        format = reader.read(
            optional: "LOG_FORMAT", .choice, shownDefault: "pretty on a terminal, else json", "Log format: json or pretty")
        clientErrors = reader.read(
            "LOG_CLIENT_ERRORS", .integer(0...1_000_000), default: 100,
            "Maximum log lines for 4xx responses to one client in 10 s in each event loop; one more line counts the rest")
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
