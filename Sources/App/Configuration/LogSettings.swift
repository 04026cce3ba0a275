import Glibc
import Logging
import Observability
import Web

/// The log's level and format.
package struct LogSettings: Sendable {
    package let level: Logger.Level
    /// Nil: pretty on a terminal, otherwise JSON.
    package let format: LogFormat?
    /// The access lines with a 4xx status that each loop logs for one client in ten seconds.
    package let clientErrors: Int

    init(_ reader: inout SettingsReader) {
        level = reader.read(
            "LOG_LEVEL", .choice, default: .info,
            "Minimum log level: trace, debug, info, notice, warning, error, critical")
        format = reader.read(
            optional: "LOG_FORMAT", .choice, shownDefault: "pretty on a terminal, else json", "Log format: json or pretty")
        clientErrors = reader.read(
            "LOG_CLIENT_ERRORS", .integer(0...1_000_000), default: ApplicationSettings().loggedClientErrors,
            "Maximum log lines for 4xx responses to one client in 10 s in each event loop; one more line counts the rest")
    }

    /// Sets up logging to standard output; called once, before the first logger is made. The caller flushes the sink at the end.
    package func start() -> LogSink {
        let format = format ?? (isatty(STDOUT_FILENO) == 1 ? .pretty : .json)
        let sink = LogSink(format: format)
        LogSystem.bootstrap(level: level, format: format, sink: sink)
        return sink
    }
}
