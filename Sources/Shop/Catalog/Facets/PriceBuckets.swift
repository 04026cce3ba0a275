/// Ranges of prices that a shop shows as choices, with round bounds: 1, 1.5, 2, 3, 5 and 7 times a power of ten of minor units.
///
/// The database tells for each product in which of the narrow ranges between these bounds its variants have prices, as a set of bits.
/// Neighbouring ranges are joined until few are left. A product with several prices may be in several of them, and is counted once in
/// each, as it is in the list that the range filters.
enum PriceBuckets {
    /// The lower bounds of all ranges but the first, which begins at 0: one bit of 63 for each.
    static let bounds: [Int64] = {
        var bounds: [Int64] = []
        var power: Int64 = 10
        while bounds.count < 60 {
            for tenths: Int64 in [10, 15, 20, 30, 50, 70] { bounds.append(power * tenths / 10) }
            power *= 10
        }
        return bounds
    }()

    /// How many ranges are shown at most.
    static let maximum = 8

    struct Bucket: Equatable {
        /// Minor units, inclusive.
        let minimum: Int64
        /// Minor units, inclusive; nil: there is no upper bound.
        let maximum: Int64?
        let count: Int64
    }

    /// - Parameter counted: how many products have prices in exactly the ranges of a set of bits
    static func joined(_ counted: [(bits: UInt64, count: Int64)]) -> [Bucket] {
        let occupied = counted.reduce(0) { $0 | $1.bits }
        var ranges = (0...bounds.count).filter { occupied & (1 << UInt64($0)) != 0 }.map { $0...$0 }
        func count(_ range: ClosedRange<Int>) -> Int64 {
            let mask = range.reduce(UInt64(0)) { $0 | 1 << UInt64($1) }
            return counted.reduce(0) { $1.bits & mask == 0 ? $0 : $0 + $1.count }
        }
        while ranges.count > maximum {
            let pairs = zip(ranges, ranges.dropFirst()).map { $0.lowerBound...$1.upperBound }
            let counts = pairs.map(count)
            guard let least = counts.indices.min(by: { counts[$0] < counts[$1] }) else { break }
            ranges.replaceSubrange(least...least + 1, with: [pairs[least]])
        }
        return ranges.map { range in
            Bucket(
                minimum: range.lowerBound == 0 ? 0 : bounds[range.lowerBound - 1],
                maximum: range.upperBound < bounds.count ? bounds[range.upperBound] - 1 : nil, count: count(range))
        }
    }
}
