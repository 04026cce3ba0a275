import TestSupport

/// Damages inputs in the ways that break parsers; the same ways for the same seed.
package struct Mutator {
    /// Most inputs stay about this short, and many can be tried. Now and then one may grow to ``largest``.
    private static let usual = 1_024
    /// Beyond the limits of a head, which are tested too.
    package static let largest = 80_000

    private var random: SeededGenerator

    package init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// A damaged copy of one of the pool, which is not empty.
    /// - Parameter seeds: how many of the first are worth half of all tries: a pool that grows would bury them.
    package mutating func mutant(of pool: [[UInt8]], seeds: Int, pieces: [[UInt8]]) -> [UInt8] {
        var bytes = pool[pick(pick(2) == 0 ? min(seeds, pool.count) : pool.count)]
        // Mostly one wound: more of them kill before they hurt.
        repeat { mutate(&bytes, pool, pieces) } while pick(2) == 0
        let limit = pick(2_000) == 0 ? Self.largest : Self.usual
        if limit == Self.largest, let piece = pieces.isEmpty ? nil : pieces[pick(pieces.count)], !piece.isEmpty {
            let repeated = [[UInt8]](repeating: piece, count: pick(limit / piece.count) + 1)
            bytes.insert(contentsOf: repeated.joined(), at: pick(bytes.count + 1))
        }
        return bytes.count > limit ? Array(bytes[..<limit]) : bytes
    }

    private mutating func mutate(_ bytes: inout [UInt8], _ pool: [[UInt8]], _ pieces: [[UInt8]]) {
        let place = pick(bytes.count + 1)
        let end = min(bytes.count, place + 1 + pick(1 << pick(5)))
        switch pick(16) {
        case 0: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
        case 1 where place < bytes.count: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 2 where place < bytes.count: bytes[place] ^= 1 << UInt8(pick(8))
        case 3 where place < bytes.count: bytes.removeSubrange(place..<end)
        case 4 where place < bytes.count: bytes.insert(contentsOf: bytes[place..<end], at: pick(bytes.count + 1))
        case 5: bytes.removeSubrange(place...)
        case 6:
            // The end of another in place of this one's.
            let other = pool[pick(pool.count)]
            bytes.replaceSubrange(place..., with: other[pick(other.count + 1)...])
        case 7 where place < bytes.count && !pieces.isEmpty:
            bytes.replaceSubrange(place..<end, with: pieces[pick(pieces.count)])
        default:
            if !pieces.isEmpty { bytes.insert(contentsOf: pieces[pick(pieces.count)], at: place) }
        }
    }

    private mutating func pick(_ count: Int) -> Int { Int(random.next() % UInt64(max(1, count))) }
}
