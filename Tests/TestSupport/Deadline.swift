import CSystem
import Glibc

/// A moment on the monotonic clock after which a test stops waiting.
package struct Deadline: Sendable {
    private let nanoseconds: UInt64

    /// So many seconds from now.
    package init(seconds: Double) {
        nanoseconds = csystem_monotonic() + UInt64(max(0, min(seconds, 86_400)) * 1e9)
    }

    /// Whether it is over.
    package var isOver: Bool { csystem_monotonic() >= nanoseconds }

    /// What is left in milliseconds, rounded up, as poll(2) takes it.
    package var milliseconds: Int32 {
        let now = csystem_monotonic()
        return now >= nanoseconds ? 0 : Int32((nanoseconds - now + 999_999) / 1_000_000)
    }

    /// What is left in seconds.
    package var seconds: Double { Double(milliseconds) / 1000 }

    /// Asks again every few milliseconds until `condition` holds: true, or false once the deadline is over.
    package func poll(every milliseconds: UInt32 = 5, until condition: () throws -> Bool) rethrows -> Bool {
        while true {
            if try condition() { return true }
            if isOver { return false }
            usleep(milliseconds * 1000)
        }
    }
}
