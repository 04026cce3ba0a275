/// Which statements have kept others waiting lately, by their text. A value: time comes in as nanoseconds.
struct SlowStatements: Equatable, Sendable {
    /// How long one stays marked after it was last seen to be slow.
    static let memory: UInt64 = 2_000_000_000
    /// So many at the most: a shop has fewer statements than that.
    static let most = 64

    private var until: [String: UInt64] = [:]
    /// When the last of them is forgotten.
    private var latest: UInt64 = 0

    /// None is marked: what is asked for each read.
    var isEmpty: Bool { until.isEmpty }

    mutating func mark(_ sql: String, now: UInt64) {
        if until[sql] == nil, until.count >= Self.most { forget(now: now) }
        guard until.count < Self.most || until[sql] != nil else { return }
        until[sql] = now.adding(Self.memory)
        latest = max(latest, now.adding(Self.memory))
    }

    mutating func contains(_ sql: String, now: UInt64) -> Bool {
        // Else every read would be looked up for ever, though nothing has been slow for long.
        guard now < latest else {
            until.removeAll(keepingCapacity: true)
            return false
        }
        guard let end = until[sql] else { return false }
        if end > now { return true }
        until[sql] = nil
        return false
    }

    private mutating func forget(now: UInt64) { until = until.filter { $0.value > now } }
}
