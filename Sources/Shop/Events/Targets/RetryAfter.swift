import Formats

/// How long a receiver asks to wait (RFC 9110 §10.2.3).
package enum RetryAfter {
    /// A receiver cannot ask for more.
    package static let longest = Duration.seconds(86_400)

    /// Reads a number of seconds, or a date; nil for other text.
    package static func read(_ text: String, now: Timestamp) -> Duration? {
        if !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
            return Int64(text).map { min(.seconds($0), longest) } ?? longest
        }
        return Timestamp(httpDate: text.utf8, now: now).map { min(max(.zero, $0 - now), longest) }
    }
}
