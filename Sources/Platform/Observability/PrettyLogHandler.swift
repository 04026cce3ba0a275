import Formats
import Logging

/// Writes log records for people: time of day (UTC), level, message and `key=value` pairs; a request is one short line.
///
/// Control characters are escaped everywhere, so no logged text can move the cursor or forge a line.
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
        var line = PrettyLogLine(isColoured: isColoured)
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

/// Builds one line of text for a terminal.
struct PrettyLogLine {
    private(set) var bytes: [UInt8] = []
    private let isColoured: Bool

    /// SGR parameters (ECMA-48 §8.3.117).
    private enum Colour: String {
        case faint = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case cyan = "36"
        case brightRed = "1;31"
    }

    init(isColoured: Bool) {
        self.isColoured = isColoured
        bytes.reserveCapacity(160)
    }

    /// `03:26:48.123`
    mutating func timeOfDay(_ time: Timestamp) {
        // The middle of `2026-11-21T03:26:48.123456Z`.
        let text = Array(time.description.utf8).dropFirst(11).prefix(12)
        part(String(decoding: text, as: UTF8.self), .faint)
    }

    mutating func level(_ level: Logger.Level) {
        let (name, colour): (String, Colour) =
            switch level {
            case .trace: ("TRACE ", .faint)
            case .debug: ("DEBUG ", .faint)
            case .info: ("INFO  ", .green)
            case .notice: ("NOTICE", .cyan)
            case .warning: ("WARN  ", .yellow)
            case .error: ("ERROR ", .red)
            case .critical: ("CRIT  ", .brightRed)
            }
        part(name, colour)
    }

    /// `200 GET /v1/things 0.412 ms`, with further values at its end.
    mutating func request(_ record: AccessRecord) {
        let colour: Colour =
            switch record.status {
            case 500...: .red
            case 400...: .yellow
            default: .green
            }
        part(String(record.status), colour)
        part(
            record.method.count < 6 ? record.method + String(repeating: " ", count: 6 - record.method.count) : record.method, nil)
        part(String(decoding: record.path, as: UTF8.self), nil)
        var duration: [UInt8] = []
        record.appendMilliseconds(to: &duration)
        part("\(String(decoding: duration, as: UTF8.self)) ms", .faint)
        part("\(record.bytes) B \(record.clientIP) \(record.requestID)", .faint)
    }

    mutating func text(_ text: String) {
        part(text, nil)
    }

    mutating func faint(_ text: String) {
        part(text, .faint)
    }

    /// `key=value`, with the value in quotes where it has spaces.
    mutating func pair(_ key: String, _ value: String) {
        let needsQuotes = value.isEmpty || value.utf8.contains { $0 == 0x20 || $0 == UInt8(ascii: "\"") }
        let escaped = value.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\"")
        part(needsQuotes ? "\(key)=\"\(escaped)\"" : "\(key)=\(value)", .cyan)
    }

    private mutating func part(_ text: String, _ colour: Colour?) {
        if !bytes.isEmpty { bytes.append(UInt8(ascii: " ")) }
        let colour = isColoured ? colour : nil
        if let colour { bytes.append(contentsOf: "\u{1B}[\(colour.rawValue)m".utf8) }
        appendPrintable(text)
        if colour != nil { bytes.append(contentsOf: "\u{1B}[0m".utf8) }
    }

    /// Control characters, C0 and C1, become `\u{…}`.
    private mutating func appendPrintable(_ text: String) {
        for scalar in text.unicodeScalars {
            if scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) {
                bytes.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".utf8)
            } else {
                bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
    }
}
