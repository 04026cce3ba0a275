/// The hashes of keys that left ``S3FIFOCache``'s small queue lately: a table of fixed size, in which a newer one takes an
/// older one's place where they meet. It may forget too early and mistakes one key for another once in four billion;
/// either costs no more than a place in the wrong queue.
struct S3FIFOGhosts {
    private struct Ghost {
        var mark: UInt32 = 0
        var time: UInt32 = 0
    }

    private var table: [Ghost]
    /// Counts those that came.
    private var now: UInt32 = 0
    private var room: UInt32 = 0

    /// - Parameter budget: of the cache, of which at most a 64th is used: for twice as many entries as it holds where they
    ///   are of 1 KiB.
    init(budget: Int) {
        var count = 0
        if budget >= 16_384 {
            count = 16
            while count * 2 * MemoryLayout<Ghost>.stride <= budget / 64, count < 1 << 20 { count *= 2 }
        }
        table = [Ghost](repeating: Ghost(), count: count)
    }

    var bytes: Int { table.count * MemoryLayout<Ghost>.stride }

    /// Remembers a key until `room` others have come.
    mutating func add(_ hash: UInt64, room: Int) {
        guard !table.isEmpty else { return }
        now &+= 1
        self.room = UInt32(clamping: room)
        table[place(hash)] = Ghost(mark: mark(hash), time: now)
    }

    /// Whether a key is remembered, which it is no longer then.
    mutating func take(_ hash: UInt64) -> Bool {
        guard !table.isEmpty else { return false }
        let place = place(hash)
        let ghost = table[place]
        guard ghost.mark == mark(hash), now &- ghost.time < room else { return false }
        table[place] = Ghost()
        return true
    }

    mutating func clear() {
        for index in table.indices { table[index] = Ghost() }
    }

    private func place(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash & UInt64(table.count - 1)) }

    /// Of other bits than the place; never 0, which stands for nobody.
    private func mark(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash >> 32) | 1 }
}
