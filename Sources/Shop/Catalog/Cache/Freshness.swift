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
    ///   - lifetime: how old it may be served, in nanoseconds; from half of it on it is renewed meanwhile
    init(age: UInt64, lifetime: UInt64) {
        if age < lifetime - lifetime / 2 { self = .fresh } else if age < lifetime { self = .renewing } else { self = .stale }
    }
}
