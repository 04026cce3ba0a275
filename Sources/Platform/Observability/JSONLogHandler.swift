import Formats
import Logging

/// Writes each log record as one line of JSON: `time`, `level`, `message`, then `error`, `logger`, the metadata at the top
/// level, and from level error on `source`. An `AccessRecord` in the metadata becomes members of its own instead.
package struct JSONLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    let sink: LogSink

    package init(label: String, level: Logger.Level, sink: LogSink) {
        self.label = label
        self.sink = sink
        logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        sink.append(line(event), urgent: event.level >= .error)
    }

    /// Whether the handler adds no metadata of its own.
    var isBare: Bool { metadata.isEmpty && metadataProvider == nil }

    /// The line of one record, without the newline.
    func line(_ event: LogEvent) -> [UInt8] {
        let record = AccessRecord.find(in: event.metadata)
        var writer = record.map { begin($0, event) } ?? begin(event)
        let isRecordAlone = record != nil && isBare && event.metadata?.count == 1
        let others = isRecordAlone ? [] : MergedMetadata.sorted(metadata, metadataProvider?.get(), event.metadata)
        for (key, value) in others {
            if record != nil, key == AccessRecord.metadataKey || AccessRecord.hasMember(key) { continue }
            writer.key(dynamic: Self.isReserved(key) ? "metadata." + key : key)
            writer.value(value)
        }
        if event.level >= .error { writer.field("source", "\(event.file):\(event.line)") }
        writer.endObject()
        return writer.finish()
    }

    private func begin(_ event: LogEvent) -> JSONWriter {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writer.field("time", Timestamp.now)
        writer.field("level", event.level.rawValue)
        writer.field("message", event.message.description)
        if let error = event.error { writer.field("error", String(describing: error)) }
        writer.field("logger", label)
        return writer
    }

    private func begin(_ record: AccessRecord, _ event: LogEvent) -> JSONWriter {
        var line: [UInt8] = []
        line.reserveCapacity(512)
        record.appendLine(event.level, event.message.description, to: &line) { record.time.appendRFC3339(to: &$0) }
        var writer = JSONWriter(appendingTo: line, isWithin: true)
        if let error = event.error { writer.field("error", String(describing: error)) }
        return writer
    }

    /// Names of the line itself, which metadata must not repeat.
    private static func isReserved(_ key: String) -> Bool {
        switch key {
        case "time", "level", "message", "error", "logger", "source": true
        default: false
        }
    }
}

extension JSONWriter {
    fileprivate mutating func value(_ value: Logger.Metadata.Value) {
        switch value {
        case .string(let text): string(text)
        case .stringConvertible(let value as any FixedWidthInteger): int(value)
        case .stringConvertible(let value as Bool): bool(value)
        case .stringConvertible(let value): string(value.description)
        case .array(let values):
            beginArray()
            for value in values { self.value(value) }
            endArray()
        case .dictionary(let members):
            beginObject()
            for (name, value) in MergedMetadata.sorted(members) {
                key(dynamic: name)
                self.value(value)
            }
            endObject()
        }
    }
}

/// Merges metadata of several origins into one list, sorted by key so that equal records make equal lines.
enum MergedMetadata {
    /// Of two values for a key the value from the later origin counts.
    static func sorted(_ origins: Logger.Metadata?...) -> [(key: String, value: Logger.Metadata.Value)] {
        var merged: Logger.Metadata?
        for case let origin? in origins where !origin.isEmpty {
            // Mostly there is one origin, which needs no copy.
            if merged == nil { merged = origin } else { merged?.merge(origin) { _, later in later } }
        }
        guard let merged else { return [] }
        return merged.sorted { $0.key < $1.key }
    }
}
