/// Random numbers that are a function of a seed and a place: whoever asks for the same gets the same, in whatever order,
/// so that an order knows what a product costs without anybody having kept it.
/// SplitMix64 (Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014), begun at a hash of both.
struct SeededHash {
    private var state: UInt64

    init(seed: UInt64, stream: UInt64, index: Int) {
        state = Self.mix(Self.mix(seed &+ stream &* 0x9E37_79B9_7F4A_7C15) ^ UInt64(truncatingIfNeeded: index))
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mix(state)
    }

    /// A number below `bound`, at least 0; of bounds far below 2⁶⁴ evenly enough.
    mutating func below(_ bound: Int) -> Int {
        bound <= 1 ? 0 : Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// One of these, which are some.
    mutating func pick(_ choices: [String]) -> String { choices.isEmpty ? "" : choices[below(choices.count)] }

    /// A place among so many where the first are asked for far more often: the cube of an even number.
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
