/// The limit of concurrent work, found from how long the work takes: a pure value.
///
/// By Little's law, work beyond what is done in its unloaded latency only waits further down, where its order cannot be chosen. So the
/// limit follows the ratio of measured to unloaded latency (the gradient of Netflix's concurrency-limits, Gradient2Limit; the idea
/// is that of TCP Vegas, Brakmo and Peterson 1995): up to ``tolerance`` it rises by its square root, beyond it falls in proportion.
/// The kinds of work differ in latency, so each has its own ``LatencyBaseline``.
///
/// While the limit makes requests wait, unloaded latencies are never seen. So once in a period the limit is a quarter for a moment
/// (ProbeRTT of BBR), in all loops and tasks of a fleet at the same moment of the wall clock: the latency that one of them measures
/// is the effect of all of them on the database.
struct ConcurrencyLimit: Sendable {
    /// How many times the unloaded latency work may take.
    private static let tolerance = 2.0
    /// How far each step moves towards a new limit.
    private static let smoothing = 0.2
    /// How long measurements are collected, in nanoseconds, and how many of them: both at least.
    private static let window: UInt64 = 50_000_000
    private static let samples = 8
    /// Work that takes less than this, in nanoseconds, is never slow: differences below are noise of the scheduler. And requests that
    /// succeed without any work cannot make all others look slow.
    private static let floor: UInt64 = 2_000_000
    private static let period: UInt64 = 10_000_000_000
    private static let probe: UInt64 = 150_000_000

    private let minimum: Double
    private let maximum: Double
    /// The wall clock minus the monotonic clock, in nanoseconds.
    private let wallOffset: UInt64
    private(set) var value: Double

    private var began: UInt64 = 0
    private var measured = 0.0
    private var unloaded = 0.0
    private var count = 0
    private var busiest = 0
    /// When the limit last made a request wait.
    private var bound: UInt64 = 0

    init(_ settings: AdmissionSettings, wallOffset: UInt64 = 0) {
        minimum = Double(max(1, settings.minimum))
        maximum = max(minimum, Double(settings.maximum))
        value = min(max(Double(settings.initial), minimum), maximum)
        self.wallOffset = wallOffset
    }

    /// The limit at `now`, in nanoseconds of the monotonic clock.
    func allowed(at now: UInt64) -> Int {
        Int(isProbing(now) ? max(1, value / 4) : value)
    }

    /// The period that a measurement belongs to.
    func period(at now: UInt64) -> UInt64 { (now &+ wallOffset) / Self.period }

    /// A request had to wait.
    mutating func waited(at now: UInt64) { bound = now }

    /// Records a measurement, in nanoseconds.
    /// - Parameters:
    ///   - latency: how long work took
    ///   - baseline: how long the work takes without load; nil where that is unknown
    ///   - inFlight: how much work there was at its end, including itself
    mutating func record(_ latency: UInt64, baseline: UInt64?, inFlight: Int, now: UInt64) {
        busiest = max(busiest, inFlight)
        let latency = min(latency, 60_000_000_000)
        measured += Double(latency)
        unloaded += Double(max(baseline ?? latency, Self.floor))
        count += 1
        guard count >= Self.samples, now &- began >= Self.window else { return }
        // During a probe no work is slow, which proves nothing about the limit. Nor does work that began in a probe.
        if !isProbing(now), !isProbing(now &- Self.window) { adapt() }
        (began, measured, unloaded, count, busiest) = (now, 0, 0, 0, 0)
    }

    private mutating func adapt() {
        let gradient = min(1, max(0.5, Self.tolerance * unloaded / measured))
        let wanted = value * gradient + value.squareRoot()
        // An unused limit does not grow, as the effect would be unknown.
        if wanted > value, Double(busiest) < value / 2 { return }
        value = min(max(value + (wanted - value) * Self.smoothing, minimum), maximum)
    }

    private func isProbing(_ now: UInt64) -> Bool {
        (now &+ wallOffset) % Self.period < Self.probe && bound != 0 && now &- bound < Self.period / 5
    }
}

/// How long one kind of work takes without load: a pure value.
///
/// As BBR finds the round-trip time of a path (Cardwell et al., "BBR: Congestion-Based Congestion Control", ACM Queue 2016), it is
/// the least latency of the last two periods, in each of which ``ConcurrencyLimit`` lowers the load for a moment if it has to. It is
/// the least mean of several measurements, as a single one may be an exception.
struct LatencyBaseline: Sendable {
    private static let batch = 16

    private var period: UInt64 = 0
    private var present = UInt64.max
    private var last = UInt64.max
    private var sum: UInt64 = 0
    private var count = 0

    /// In nanoseconds; nil before there are enough measurements.
    var value: UInt64? {
        let least = min(present, last)
        return least == .max ? nil : least
    }

    /// Records the latency of work that succeeded, in nanoseconds.
    mutating func record(_ latency: UInt64, in period: UInt64) {
        if period != self.period {
            self.period = period
            // After a period without measurements, the one before it is still the best known.
            if present != .max { last = present }
            present = .max
        }
        // A minute is far beyond any deadline, and a sum of minutes does not overflow.
        sum += min(latency, 60_000_000_000)
        count += 1
        guard count >= Self.batch else { return }
        present = min(present, sum / UInt64(Self.batch))
        sum = 0
        count = 0
    }
}
