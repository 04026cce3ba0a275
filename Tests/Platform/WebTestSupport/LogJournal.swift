import Logging
import Observability
import Synchronization

/// Collects log lines.
package final class LogJournal: Sendable {
    package struct Line: Sendable {
        package let level: Logger.Level
        package let message: String
        package let metadata: Logger.Metadata
    }

    package init() {}

    private let kept = Mutex<[Line]>([])
    package var lines: [Line] { kept.withLock { $0 } }

    /// A logger for this journal.
    package var logger: Logger { Logger(label: "test") { _ in Handler(journal: self) } }

    private struct Handler: LogHandler {
        let journal: LogJournal
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .trace
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            let metadata = metadata.merging(event.metadata ?? [:]) { $1 }
            let line = Line(level: event.level, message: "\(event.message)", metadata: metadata)
            journal.kept.withLock { $0.append(line) }
        }
    }
}

extension LogJournal {
    /// The records of the access log.
    package var records: [AccessRecord] {
        lines.compactMap { line in
            guard case .stringConvertible(let value)? = line.metadata[AccessRecord.metadataKey] else { return nil }
            return value as? AccessRecord
        }
    }
}
