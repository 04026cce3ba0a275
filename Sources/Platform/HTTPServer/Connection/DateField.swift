import Formats

/// The Date field, written anew once a second (RFC 9110 §6.6.1).
struct DateField {
    private var line: [UInt8] = []
    /// When the wall clock's second is over, in nanoseconds of the monotonic clock.
    private var validUntil: UInt64 = 0

    /// `Date: … CRLF` at `now`, nanoseconds of the monotonic clock.
    mutating func bytes(at now: UInt64) -> [UInt8] {
        if now >= validUntil { renew(now) }
        return line
    }

    private mutating func renew(_ now: UInt64) {
        let wall = Timestamp.now
        let intoSecond = wall.microseconds - wall.seconds * 1_000_000
        validUntil = now &+ UInt64(clamping: 1_000_000 - intoSecond) &* 1_000
        line.removeAll(keepingCapacity: true)
        line.append("Date: " as StaticString)
        wall.appendHTTPDate(to: &line)
        line.append("\r\n" as StaticString)
    }
}
