import Formats
import Logging

/// Collects the lines of one loop's access log as JSON, and passes several of them to the sink at once.
///
/// A line through the logger costs as much as the rest of a response from memory: an event, a dictionary and the sink's lock. Here
/// the same line goes into a reused buffer, and the lock is taken once for a turn of the loop. Confined to its loop.
package final class AccessLogBuffer {
    /// The buffer is flushed at this size.
    private static let batch = 32 << 10

    private let sink: LogSink
    private var lines: [UInt8] = []
    private var count = 0
    private var clock = TimestampFormatter()

    /// Nil where the logger writes other lines than JSON, or adds metadata of its own.
    package init?(of logger: Logger) {
        guard let handler = logger.handler as? JSONLogHandler, handler.isBare else { return nil }
        sink = handler.sink
    }

    /// Appends the line of a record. Returns true for the first line in the buffer: the caller then has to call ``flush()`` later.
    package func append(_ record: AccessRecord, _ level: Logger.Level, _ message: String) -> Bool {
        let isFirst = lines.isEmpty
        record.appendLine(level, message, to: &lines) { clock.append(record.time, to: &$0) }
        lines.append("}\n" as StaticString)
        count += 1
        guard lines.count >= Self.batch else { return isFirst }
        flush()
        // The caller with the first line still flushes the lines after it.
        return isFirst
    }

    /// Passes the lines to the sink.
    package func flush() {
        guard count > 0 else { return }
        sink.append(lines: lines, count: count)
        lines.removeAll(keepingCapacity: true)
        count = 0
    }
}

/// Formats times as RFC 3339, and reuses the text of a second: date and hour cost more than the rest of a short line.
struct TimestampFormatter {
    private var second = Int64.min
    /// The text up to the decimal point.
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
