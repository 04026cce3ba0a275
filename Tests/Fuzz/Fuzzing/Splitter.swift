import TestSupport

/// Choices that depend on the input alone: an input that fails will fail again.
struct Splitter {
    var random: SeededGenerator

    /// FNV-1a over the input.
    init(_ input: [UInt8]) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in input { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        random = SeededGenerator(seed: hash)
    }

    mutating func pick(_ count: Int) -> Int { Int(random.next() % UInt64(max(1, count))) }

    /// The bytes in pieces: two, single bytes, or of sizes that vary.
    mutating func pieces(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        switch pick(8) {
        case 0 where bytes.count <= 2_048: return bytes.indices.map { bytes[$0...$0] }
        case 1...3:
            let cut = pick(bytes.count + 1)
            return [bytes[..<cut], bytes[cut...]]
        default:
            let largest = 1 + pick(bytes.count)
            var pieces: [ArraySlice<UInt8>] = []
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + 1 + pick(largest))
                pieces.append(bytes[start..<end])
                start = end
            }
            return pieces
        }
    }
}
