import FoundationEssentials
import Glibc

extension UUID {
    /// A new time-ordered identifier (RFC 9562 §5.7): milliseconds, then their fraction in the 12 bits after the version
    /// (§6.2, method 3), then 62 bits of the system's random numbers.
    ///
    /// The order is as fine as a `Timestamp`, a microsecond: two identifiers of the same microsecond have any order. A time before
    /// 1970 counts as 1970.
    package static func v7(at time: Timestamp = .now) -> UUID {
        var system = SystemRandomNumberGenerator()
        return v7(at: time, random: system.next())
    }

    /// The identifier for a time and the low 62 of the random bits.
    package static func v7(at time: Timestamp, random: UInt64) -> UUID {
        let microseconds = UInt64(max(0, time.microseconds))
        let milliseconds = microseconds / 1_000
        // 0–999 µs spread over 0–4095.
        let fraction = microseconds % 1_000 * 4_096 / 1_000
        let high = (milliseconds & 0xFFFF_FFFF_FFFF) << 16 | 0x7000 | fraction
        let low = 0x8000_0000_0000_0000 | (random & 0x3FFF_FFFF_FFFF_FFFF)
        return UUID(high: high, low: low)
    }

    /// An identifier from its two halves, most significant first.
    package init(high: UInt64, low: UInt64) {
        func byte(_ word: UInt64, _ index: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: word >> (56 - index * 8)) }
        self.init(
            uuid: (
                byte(high, 0), byte(high, 1), byte(high, 2), byte(high, 3),
                byte(high, 4), byte(high, 5), byte(high, 6), byte(high, 7),
                byte(low, 0), byte(low, 1), byte(low, 2), byte(low, 3),
                byte(low, 4), byte(low, 5), byte(low, 6), byte(low, 7)
            ))
    }

    /// The version, bits 48–51: 4 is random, 7 time-ordered.
    package var version: Int { Int(uuid.6 >> 4) }
}

/// Random numbers of the kernel (getentropy(3)), fetched 32 at a time, the most for one call: a system call for each would be the
/// largest part of the cost of an identifier. For use on one event loop. It cannot be copied, as two copies would give the same
/// numbers.
package struct RandomPool: ~Copyable {
    private var words = InlineArray<32, UInt64>(repeating: 0)
    private var used = 32

    package init() {}

    /// The next 64 random bits, which are then erased.
    package mutating func next() -> UInt64 {
        if used >= words.count { fill() }
        let word = words[used]
        words[used] = 0
        used += 1
        return word
    }

    private mutating func fill() {
        used = 0
        var span = words.mutableSpan
        let failed = span.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return true }
            return getentropy(start, bytes.count) != 0
        }
        guard failed else { return }
        // The kernel has refused: the standard library knows other sources.
        var system = SystemRandomNumberGenerator()
        for index in words.indices { words[index] = system.next() }
    }
}
