/// How far an entry of the cache may still be used.
enum Freshness: Equatable {
    /// Serve it.
    case fresh
    /// Serve it, and renew it meanwhile (RFC 5861 §3).
    case renewing
    /// Renew it first; serve it only where that fails (RFC 5861 §4).
    case stale

    /// - Parameters:
    ///   - age: of the entry, in nanoseconds
    ///   - lifetime: how long it is fresh, in nanoseconds; as long again it is served while it is renewed
    init(age: UInt64, lifetime: UInt64) {
        if age < lifetime { self = .fresh } else if age / 2 < lifetime { self = .renewing } else { self = .stale }
    }
}
