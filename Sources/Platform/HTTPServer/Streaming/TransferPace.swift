/// Whether a transfer keeps to a minimum rate, measured over a window that slides along with it.
///
/// A value without a clock. Each byte adds the time that it may take at the minimum rate, up to the length of the window. So a client
/// may not be silent for longer than the window, however fast it was before.
struct TransferPace: Equatable {
    /// When the next byte is due, in nanoseconds of the caller's clock.
    private(set) var due: UInt64
    /// How much has arrived.
    private var bytes: Int
    private let rate: UInt64
    private let window: UInt64

    /// - Parameters:
    ///   - rate: in bytes a second; 0 is without limit
    ///   - window: in nanoseconds
    init(from start: UInt64, bytes: Int = 0, rate: UInt64, window: UInt64) {
        self.rate = rate
        self.window = window
        self.bytes = bytes
        due = rate == 0 ? .max : Self.sum(start, window)
    }

    /// Notes that so much has arrived in total by `now`.
    mutating func reach(_ total: Int, at now: UInt64) {
        guard rate > 0, total > bytes else { return }
        let (worth, overflow) = UInt64(clamping: total - bytes).multipliedReportingOverflow(by: 1_000_000_000)
        bytes = total
        due = min(Self.sum(now, window), overflow ? .max : Self.sum(due, worth / rate))
    }

    func isLate(at now: UInt64) -> Bool { now >= due }

    private static func sum(_ one: UInt64, _ other: UInt64) -> UInt64 {
        let (sum, overflow) = one.addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
