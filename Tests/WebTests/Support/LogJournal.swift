import Logging
import Observability
import Synchronization

/// Keeps what is logged.
final class LogJournal: Sendable {
    struct Line: Sendable {
        let level: Logger.Level
        let message: String
        let metadata: Logger.Metadata
    }

    private let kept = Mutex<[Line]>([])
    var lines: [Line] { kept.withLock { $0 } }

    /// A logger that writes here.
    var logger: Logger { Logger(label: "test") { _ in Handler(journal: self) } }

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
    var records: [AccessRecord] {
        lines.compactMap { line in
            guard case .stringConvertible(let value)? = line.metadata[AccessRecord.metadataKey] else { return nil }
            return value as? AccessRecord
        }
    }
}
