/// Notices that most requests come from few addresses: where proxies are trusted, that mostly is a proxy that is not, which
/// then stands for all of its clients. A pure value.
///
/// Looks at a sample of the requests, and counts the commonest addresses of the sample in so many places and no more (Misra and Gries,
/// 1982, "Finding repeated elements"): what it counts for an address is never too high.
package struct ClientConcentration: Sendable {
    /// What was noticed.
    package struct Finding: Sendable, Equatable {
        /// How many addresses there were, the commonest of them.
        let addresses: Int
        /// The commonest address.
        let commonest: String
        /// The least share of the requests that came from these addresses, in percent.
        let percent: Int
    }

    private static let places = 16
    /// Few addresses are so many.
    private static let few = 4

    private let interval: Int
    private let window: UInt64
    private let least: Int
    private var untilSample: Int
    private var samples = 0
    private var counts: [(address: String, count: Int)] = []
    private var began: UInt64?

    /// - Parameters:
    ///   - interval: each request of so many is looked at
    ///   - window: how long to look before judging
    ///   - least: fewer samples than this say nothing
    package init(interval: Int = 32, window: Duration = .seconds(3_600), least: Int = 100) {
        self.interval = max(1, interval)
        self.window = window.nanosecondsClamped
        self.least = max(1, least)
        untilSample = self.interval
    }

    /// Counts a request; whether it is one to be looked at.
    mutating func isSample() -> Bool {
        untilSample -= 1
        guard untilSample <= 0 else { return false }
        untilSample = interval
        return true
    }

    /// Looks at a sample, and judges those before it once the window is over.
    /// - Parameter now: in nanoseconds of the monotonic clock
    mutating func note(_ address: String, at now: UInt64) -> Finding? {
        let start = began ?? now
        began = start
        guard now >= start, now - start >= window else {
            count(address)
            return nil
        }
        let finding = judge()
        began = now
        samples = 0
        counts = []
        count(address)
        return finding
    }

    private mutating func count(_ address: String) {
        samples += 1
        if let index = counts.firstIndex(where: { $0.address == address }) {
            counts[index].count += 1
        } else if counts.count < Self.places {
            counts.append((address, 1))
        } else {
            counts = counts.compactMap { $0.count > 1 ? ($0.address, $0.count - 1) : nil }
        }
    }

    private func judge() -> Finding? {
        guard samples >= least else { return nil }
        let commonest = counts.sorted { $0.count > $1.count }.prefix(Self.few)
        let sum = commonest.reduce(0) { $0 + $1.count }
        guard let first = commonest.first, sum * 2 > samples else { return nil }
        return Finding(addresses: commonest.count, commonest: first.address, percent: sum * 100 / samples)
    }
}
