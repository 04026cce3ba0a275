import Formats
import HTTPServer
import HTTPTypes

/// How many requests a client may make in how long: a token bucket that holds ``quota`` and fills up in ``window``.
///
/// So a burst of the whole quota is well, and then as much as flows in.
package struct RatePolicy: Sendable, Equatable {
    /// As it stands in answers and metrics; letters only.
    package let name: String
    package let quota: Int
    /// In seconds.
    package let window: Int
    /// In nanoseconds, what a full bucket holds.
    let capacity: UInt64
    /// In nanoseconds, what one request takes.
    let interval: UInt64
    /// The RateLimit-Policy field's value.
    let text: String

    /// - Parameters:
    ///   - quota: at least 1
    ///   - window: in seconds, from 1 to a day
    package init(_ name: String, quota: Int, window: Int = 60) {
        self.name = name
        self.quota = max(1, quota)
        self.window = min(max(1, window), 86_400)
        capacity = UInt64(self.window) * 1_000_000_000
        interval = max(1, capacity / UInt64(self.quota))
        text = "\"\(name)\";q=\(self.quota);w=\(self.window)"
    }
}
