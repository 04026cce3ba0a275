/// What came of a phase's requests.
struct LoadTally {
    /// When the phase began, in nanoseconds of the monotonic clock.
    let begin: UInt64
    var meant = 0
    private var statuses: [Int: Int] = [:]
    /// Of those that were done: in which second they were meant to be sent, and how long they took.
    private var done: [(second: Int, nanoseconds: UInt64)] = []

    init(begin: UInt64) { self.begin = begin }

    mutating func answered(_ status: Int, due: UInt64, now: UInt64) {
        statuses[status, default: 0] += 1
        guard (200..<300).contains(status) else { return }
        done.append((Int((due - begin) / 1_000_000_000), now > due ? now - due : 0))
    }

    var json: String {
        let statuses = statuses.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
        let seconds = (done.map(\.second).max() ?? -1) + 1
        let perSecond = (0..<seconds).map { second in
            let times = done.filter { $0.second == second }.map(\.nanoseconds)
            return "[\(times.count),\(Self.milliseconds(times, 0.5)),\(Self.milliseconds(times, 0.99))]"
        }
        // The first second of a phase is the change to it.
        let later = done.filter { $0.second > 0 }.map(\.nanoseconds)
        return "{\"meant\":\(meant),\"done\":\(done.count),\"later\":\(later.count),\"statuses\":{\(statuses)},"
            + "\"p50\":\(Self.milliseconds(later, 0.5)),\"p99\":\(Self.milliseconds(later, 0.99)),"
            + "\"p999\":\(Self.milliseconds(later, 0.999)),\"seconds\":[\(perSecond.joined(separator: ","))]}"
    }

    private static func milliseconds(_ times: [UInt64], _ quantile: Double) -> Double {
        let sorted = times.sorted()
        guard !sorted.isEmpty else { return 0 }
        return Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * quantile))] / 1_000) / 1_000
    }
}
