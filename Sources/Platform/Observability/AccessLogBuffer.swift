import Formats
import Logging

/// The access lines of one loop as JSON, handed to the sink several at a time.
///
/// Through the logger a line costs as much as all else of an answer from memory: an event, a dictionary and the sink's lock
/// for each. Here the same line is written into a buffer that is kept, and the lock is taken once for a turn of the loop.
/// Confined to its loop.
package final class AccessLogBuffer {
    /// With so many bytes, lines wait no longer.
    private static let batch = 32 << 10

    private let sink: LogSink
    private var lines: [UInt8] = []
    private var count = 0
    private var clock = TimestampFormatter()

    /// Nil where the logger's lines look otherwise, go elsewhere, or have metadata of the logger's own.
    package init?(of logger: Logger) {
        guard let handler = logger.handler as? JSONLogHandler, handler.isBare else { return nil }
        sink = handler.sink
    }

    /// Takes the line of a record; whether it is the first that waits for ``flush()``.
    package func append(_ record: AccessRecord, _ level: Logger.Level, _ message: String) -> Bool {
        let isFirst = lines.isEmpty
        record.appendLine(level, message, to: &lines) { clock.append(record.time, to: &$0) }
        lines.append("}\n" as StaticString)
        count += 1
        guard lines.count >= Self.batch else { return isFirst }
        flush()
        // Whoever was first flushes still, and finds what came after.
        return isFirst
    }

    /// Hands over what waits.
    package func flush() {
        guard count > 0 else { return }
        sink.append(lines: lines, count: count)
        lines.removeAll(keepingCapacity: true)
        count = 0
    }
}

/// Writes moments as RFC 3339, each second's text made once: that of a day and an hour costs more than a short line.
struct TimestampFormatter {
    private var second = Int64.min
    /// Up to the point before the fraction.
    private var text: [UInt8] = []

    /// The same bytes as `Timestamp.appendRFC3339(to:)` appends.
    mutating func append(_ time: Timestamp, to line: inout [UInt8]) {
        let seconds = time.seconds
        if seconds != second {
            text.removeAll(keepingCapacity: true)
            time.appendRFC3339(to: &text)
            guard time >= .earliest, time <= .latest else {
                second = .min
                return line.append(contentsOf: text)
            }
            text.removeLast(7)
            second = seconds
        }
        line.append(contentsOf: text)
        line.append(padded: UInt64(clamping: time.microseconds &- seconds &* 1_000_000), digits: 6)
        line.append(UInt8(ascii: "Z"))
    }
}
