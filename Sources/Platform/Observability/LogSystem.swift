import Glibc
import Logging

/// Sets up swift-log with the handlers of this module.
package enum LogSystem {
    /// Makes every logger of the process write to a sink. Called once in a process, before the first logger is made.
    ///
    /// There is no metadata provider: log lines get the values of their request explicitly, not from task-local storage.
    package static func bootstrap(level: Logger.Level, format: LogFormat, sink: LogSink) {
        let isColoured = isatty(1) == 1 && getenv("NO_COLOR") == nil
        LoggingSystem.bootstrap { label in
            handler(label: label, level: level, format: format, sink: sink, isColoured: isColoured)
        }
    }

    /// A handler that writes to a sink, for a logger outside the process-wide system, as in tests.
    package static func handler(
        label: String, level: Logger.Level, format: LogFormat, sink: LogSink, isColoured: Bool = false
    ) -> any LogHandler {
        switch format {
        case .json: JSONLogHandler(label: label, level: level, sink: sink)
        case .pretty: PrettyLogHandler(label: label, level: level, sink: sink, isColoured: isColoured)
        }
    }
}

/// The format of log lines.
package enum LogFormat: String, CaseIterable, Sendable {
    /// A JSON object in each line, for machines.
    case json
    /// Aligned text, coloured on a terminal, for people.
    case pretty
}
