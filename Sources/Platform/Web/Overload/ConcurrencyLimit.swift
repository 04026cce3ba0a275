/// How much may be at work at a time, found from how long work takes: a pure value.
///
/// By Little's law work that is taken on beyond what is done in its unhindered time only waits further down, where nobody can
/// choose. So the limit follows the ratio of measured to unhindered time (the gradient of Netflix's concurrency-limits,
/// Gradient2Limit; the idea is TCP Vegas', Brakmo and Peterson 1995): up to ``tolerance`` it rises by its square root, beyond it
/// falls in proportion. The kinds of work differ in time, so each is compared with its own ``LatencyBaseline``.
///
/// While the limit is what holds requests back, unhindered times are never seen. So once a period a quarter of it does for a
/// moment (BBR's ProbeRTT), in all loops and tasks of a fleet at the same moment, by the clock on the wall: what one of them
/// measures is what all of them together do to the database.
struct ConcurrencyLimit: Sendable {
    /// How much longer than unhindered work may take.
    private static let tolerance = 2.0
    /// What part of the way to a new limit is gone at a time.
    private static let smoothing = 0.2
    /// How long measurements are gathered, at least, in nanoseconds, and how many.
    private static let window: UInt64 = 50_000_000
    private static let samples = 8
    /// Work that is done in less is never called slow, in nanoseconds: below it is the noise of a scheduler. And whoever finds
    /// requests that succeed for nothing cannot make all others look slow beside them.
    private static let floor: UInt64 = 2_000_000
    private static let period: UInt64 = 10_000_000_000
    private static let probe: UInt64 = 150_000_000

    private let minimum: Double
    private let maximum: Double
    /// What is added to the monotonic clock to get that on the wall, in nanoseconds.
    private let wallOffset: UInt64
    private(set) var value: Double

    private var began: UInt64 = 0
    private var measured = 0.0
    private var unhindered = 0.0
    private var count = 0
    private var busiest = 0
    /// When the limit last kept somebody waiting.
    private var bound: UInt64 = 0

    init(_ settings: AdmissionSettings, wallOffset: UInt64 = 0) {
        minimum = Double(max(1, settings.minimum))
        maximum = max(minimum, Double(settings.maximum))
        value = min(max(Double(settings.initial), minimum), maximum)
        self.wallOffset = wallOffset
    }

    /// How many may be at work at `now`, in nanoseconds of the monotonic clock.
    func allowed(at now: UInt64) -> Int {
        Int(isProbing(now) ? max(1, value / 4) : value)
    }

    /// The period that a measurement belongs to.
    func period(at now: UInt64) -> UInt64 { (now &+ wallOffset) / Self.period }

    /// Somebody had to wait.
    mutating func held(at now: UInt64) { bound = now }

    /// Takes in a measurement, in nanoseconds.
    /// - Parameters:
    ///   - latency: how long work took
    ///   - baseline: how long it would have taken unhindered; nil where that is not known
    ///   - inFlight: how much was at work at its end, itself included
    mutating func record(_ latency: UInt64, baseline: UInt64?, inFlight: Int, now: UInt64) {
        busiest = max(busiest, inFlight)
        let latency = min(latency, 60_000_000_000)
        measured += Double(latency)
        unhindered += Double(max(baseline ?? latency, Self.floor))
        count += 1
        guard count >= Self.samples, now &- began >= Self.window else { return }
        // While it makes way, nothing is slow: that says nothing about the limit. Nor does what began meanwhile.
        if !isProbing(now), !isProbing(now &- Self.window) { adapt() }
        (began, measured, unhindered, count, busiest) = (now, 0, 0, 0, 0)
    }

    private mutating func adapt() {
        let gradient = min(1, max(0.5, Self.tolerance * unhindered / measured))
        let wanted = value * gradient + value.squareRoot()
        // What is not used need not grow: nobody knows what it would do.
        if wanted > value, Double(busiest) < value / 2 { return }
        value = min(max(value + (wanted - value) * Self.smoothing, minimum), maximum)
    }

    private func isProbing(_ now: UInt64) -> Bool {
        (now &+ wallOffset) % Self.period < Self.probe && bound != 0 && now &- bound < Self.period / 5
    }
}
