import Formats

/// Writes moments as RFC 3339, each second's text made once: that of a day and an hour costs more than a short line.
struct LineClock {
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
