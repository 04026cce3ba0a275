import Formats
import Logging

/// Writes log records for people: time of day (UTC), level, message and `key=value` pairs; a request is one short line.
///
/// Control characters are escaped everywhere, so that nothing logged can move the cursor or forge a line.
package struct PrettyLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let sink: LogSink
    private let isColoured: Bool

    package init(label: String, level: Logger.Level, sink: LogSink, isColoured: Bool) {
        self.label = label
        self.sink = sink
        self.isColoured = isColoured
        logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        sink.append(line(event), urgent: event.level >= .error)
    }

    /// The line of one record, without the newline.
    func line(_ event: LogEvent) -> [UInt8] {
        let record = AccessRecord.find(in: event.metadata)
        var line = TerminalLine(isColoured: isColoured)
        line.timeOfDay(record?.time ?? .now)
        if let record {
            line.request(record)
            return line.bytes
        }
        line.level(event.level)
        line.text(event.message.description)
        if let error = event.error { line.pair("error", String(describing: error)) }
        for (key, value) in MergedMetadata.sorted(metadata, metadataProvider?.get(), event.metadata) {
            line.pair(key, value.description)
        }
        line.faint("\(label)\(event.level >= .error ? " \(event.file):\(event.line)" : "")")
        return line.bytes
    }
}
