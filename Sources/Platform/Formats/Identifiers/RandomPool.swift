import Glibc

/// The kernel's random numbers (getentropy(3)), fetched 32 at a time, as many as one call gives: a system call for each costs more than all else that an
/// identifier does. For one that lives on an event loop; it cannot be copied, for two copies would give the same numbers.
package struct RandomPool: ~Copyable {
    private var words = InlineArray<32, UInt64>(repeating: 0)
    private var used = 32

    package init() {}

    /// The next 64 random bits. What was given out is not kept.
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
        // A kernel that refuses: the standard library knows other sources.
        var system = SystemRandomNumberGenerator()
        for index in words.indices { words[index] = system.next() }
    }
}
