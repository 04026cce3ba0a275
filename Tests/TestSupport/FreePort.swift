import CSystem
import Glibc
import Synchronization

/// Finds TCP ports on 127.0.0.1 without a listener.
package enum FreePort {
    /// Below the range that the kernel takes for outgoing connections, so that none of them gets in between.
    private static let range: Range<UInt16> = 11_000..<32_000
    private static let next = Mutex<UInt16>(UInt16.random(in: range))

    /// A port that is free now; no other call in this process gets the same one soon.
    package static func find() throws -> UInt16 {
        for _ in range {
            let port = next.withLock { next in
                next = next + 1 < range.upperBound ? next + 1 : range.lowerBound
                return next
            }
            let listener = csystem_listen("127.0.0.1", port, 1)
            if listener >= 0 {
                close(listener)
                return port
            }
        }
        throw TestFailure("no free port on 127.0.0.1")
    }
}
