/// Detects that most requests come from few addresses. Where proxies are trusted, these mostly are proxies that are not, and each
/// counts as one client. A pure value.
///
/// It samples the requests, and counts the most common addresses of the sample in a bounded number of places (Misra and Gries, 1982,
/// "Finding repeated elements"): the count of an address is never too high.
package struct ClientConcentration: Sendable {
    /// The result of a window.
    package struct Finding: Sendable, Equatable {
        /// The number of the most common addresses.
        let addresses: Int
        /// The most common address.
        let commonest: String
        /// The share of requests from these addresses, in percent, at least.
        let percent: Int
    }

    private static let places = 16
    /// Up to so many addresses are few.
    private static let few = 4

    private let interval: Int
    private let window: UInt64
    private let least: Int
    private var untilSample: Int
    private var samples = 0
    private var counts: [(address: String, count: Int)] = []
    private var began: UInt64?

    /// - Parameters:
    ///   - interval: the sample is one of so many requests
    ///   - window: how long to sample before a result
    ///   - least: how many samples a result needs
    package init(interval: Int = 32, window: Duration = .seconds(3_600), least: Int = 100) {
        self.interval = max(1, interval)
        self.window = window.nanosecondsClamped
        self.least = max(1, least)
        untilSample = self.interval
    }

    /// Counts a request, and returns whether it belongs to the sample.
    mutating func isSample() -> Bool {
        untilSample -= 1
        guard untilSample <= 0 else { return false }
        untilSample = interval
        return true
    }

    /// Adds a request of the sample, and returns the result once the window is over.
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
