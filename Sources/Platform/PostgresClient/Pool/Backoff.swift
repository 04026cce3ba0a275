/// Waiting times between attempts to connect: exponential, capped, with full jitter.
struct Backoff: Equatable, Sendable {
    /// The bound of the first wait, in nanoseconds.
    var base: UInt64 = 50_000_000
    /// The bound of every wait. Below a second, so that the pool is back within one once the server is;
    /// and only one attempt runs at a time while the server is away.
    var cap: UInt64 = 700_000_000

    /// Nanoseconds to wait after `failures` attempts in a row.
    /// - Parameter chance: evenly from 0 up to 1.
    func wait(after failures: Int, chance: Double) -> UInt64 {
        let doublings = UInt64(min(max(0, failures - 1), 16))
        let (grown, overflow) = base.multipliedReportingOverflow(by: 1 << doublings)
        let bound = overflow ? cap : min(cap, grown)
        return UInt64(Double(bound) * min(max(0, chance), 1))
    }
}
