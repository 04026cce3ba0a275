import Glibc
import Logging

/// Ties swift-log to this package's handlers.
package enum LogSystem {
    /// Makes every logger of the process write to a sink; once in a process, before the first logger is made.
    ///
    /// No metadata provider: what belongs to a request is passed with its log lines, not found in task-local storage.
    package static func bootstrap(level: Logger.Level, format: LogFormat, sink: LogSink) {
        let isColoured = isatty(1) == 1 && getenv("NO_COLOR") == nil
        LoggingSystem.bootstrap { label in
            handler(label: label, level: level, format: format, sink: sink, isColoured: isColoured)
        }
    }

    /// A handler that writes to a sink, for a logger that stands outside the process-wide system, as in tests.
    package static func handler(
        label: String, level: Logger.Level, format: LogFormat, sink: LogSink, isColoured: Bool = false
    ) -> any LogHandler {
        switch format {
        case .json: JSONLogHandler(label: label, level: level, sink: sink)
        case .pretty: PrettyLogHandler(label: label, level: level, sink: sink, isColoured: isColoured)
        }
    }
}

/// How log lines look.
package enum LogFormat: String, CaseIterable, Sendable {
    /// One JSON object a line, for machines.
    case json
    /// Aligned text, coloured on a terminal, for people.
    case pretty
}
