/// Random numbers that are a function of a seed, a stream and an index. The same arguments give the same numbers in any order, so
/// an order can compute the price of a product without storing products.
/// SplitMix64 (Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014), started at a hash of all three.
struct SeededHash {
    private var state: UInt64

    init(seed: UInt64, stream: UInt64, index: Int) {
        state = Self.mix(Self.mix(seed &+ stream &* 0x9E37_79B9_7F4A_7C15) ^ UInt64(truncatingIfNeeded: index))
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mix(state)
    }

    /// A number from 0 to below `bound`; nearly uniform for bounds far below 2⁶⁴.
    mutating func below(_ bound: Int) -> Int {
        bound <= 1 ? 0 : Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// One of the choices.
    mutating func pick(_ choices: [String]) -> String { choices.isEmpty ? "" : choices[below(choices.count)] }

    /// An index below `count`, where the first ones are far more frequent: the cube of a uniform number.
    mutating func popular(of count: Int) -> Int {
        let unit = Double(next() >> 11) * 0x1p-53
        return min(max(0, count - 1), Int(Double(count) * unit * unit * unit))
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
