/// The catalogue's version as a process knows it, and until when it may rely on that: a pure value.
struct ObservedVersion {
    /// The version as last heard or seen; 0 before the first time.
    private(set) var number: Int64 = 0
    /// In nanoseconds of the monotonic clock; the greatest number while PostgreSQL tells of each change.
    private var trustedUntil: UInt64 = 0

    /// How long a look at the version is relied on, in nanoseconds.
    static let trust: UInt64 = 1_000_000_000

    /// PostgreSQL tells of each change from this version on.
    mutating func listens(at number: Int64) {
        self.number = number
        trustedUntil = .max
    }

    /// A look that began at `instant` found this version.
    mutating func seen(_ number: Int64, at instant: UInt64) {
        self.number = number
        let (end, overflow) = instant.addingReportingOverflow(Self.trust)
        trustedUntil = max(trustedUntil, overflow ? .max : end)
    }

    /// Changes may be missed from now on.
    mutating func listeningEnded() { trustedUntil = 0 }

    /// Whether the version is still that.
    func isTrusted(at now: UInt64) -> Bool { now < trustedUntil }
}
