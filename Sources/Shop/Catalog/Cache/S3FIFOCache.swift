/// A map bounded by the bytes of its values. It keeps what is requested often, and a scan does not push that out.
///
/// S3-FIFO (Yang, Zhang, Qiu, Yue and Rashmi, "FIFO queues are all you need for cache eviction", SOSP 2023). A new entry stands
/// in a small queue of a tenth of the budget, and moves to the main queue only if it is hit twice before it leaves; most entries of a
/// scan leave at the end of the small queue. Their hashes are remembered as ghosts: an entry that comes back soon goes to the main
/// queue at once. In the main queue an entry that was hit since its last turn goes round again. A hit moves nothing: it adds to a
/// counter that ends at three.
///
/// Keys come from outside: they are hashed with the process's own seed.
package struct S3FIFOCache<Value> {
    /// The end of ``Entry/hits``.
    private static var mostHits: UInt8 { 3 }

    private struct Entry {
        var key: String
        var value: Value?
        var cost: Int
        var hits: UInt8 = 0
        var isMain = false
        var older: Int32 = -1
        var newer: Int32 = -1
    }

    private var places: [String: Int32] = [:]
    private var entries: [Entry] = []
    private var free: [Int32] = []
    private var small = S3FIFOQueue()
    private var main = S3FIFOQueue()
    private var ghosts: S3FIFOGhosts
    /// The bytes for entries, without those for the ghosts.
    private let budget: Int

    /// - Parameter budget: in bytes, as the costs of ``insert(_:for:cost:)``
    package init(budget: Int) {
        let budget = max(0, budget)
        ghosts = S3FIFOGhosts(budget: budget)
        self.budget = budget - ghosts.bytes
    }

    /// How many entries it holds.
    package var count: Int { places.count }
    /// The bytes of entries and ghosts.
    package var cost: Int { small.cost + main.cost + ghosts.bytes }

    /// The value of a key. Counts as a hit.
    package mutating func value(for key: String) -> Value? {
        guard let place = places[key] else { return nil }
        let index = Int(place)
        if entries[index].hits < Self.mostHits { entries[index].hits += 1 }
        return entries[index].value
    }

    /// The value of a key, without a hit. A caller that looks a second time for one request peeks, so that one request is
    /// one hit.
    package func peek(_ key: String) -> Value? { places[key].flatMap { entries[Int($0)].value } }

    /// Holds a value for a key, in place of the value before. A value that costs more than half the budget is left out.
    package mutating func insert(_ value: Value, for key: String, cost: Int) {
        // Each entry costs one at least, so that their number has an end.
        guard cost >= 0, max(1, cost) <= budget / 2 else { return remove(key) }
        let cost = max(1, cost)
        if let place = places[key] { return replace(Int(place), value, cost: cost) }
        makeRoom(for: cost)
        let isKnown = ghosts.take(Self.hash(key))
        let place = hold(Entry(key: key, value: value, cost: cost))
        places[key] = place
        append(place, toMain: isKnown)
    }

    package mutating func remove(_ key: String) {
        guard let place = places[key] else { return }
        drop(place)
    }

    package mutating func removeAll() {
        places = [:]
        entries = []
        free = []
        small = S3FIFOQueue()
        main = S3FIFOQueue()
        ghosts.clear()
    }

    // MARK: Making room

    private mutating func makeRoom(for cost: Int) {
        while small.cost + main.cost > budget - cost {
            if small.oldest >= 0, small.cost >= budget / 10 || main.oldest < 0 { evictSmall() } else { evictMain() }
        }
    }

    /// Takes the oldest entry out of the small queue: into the main one if it was hit, else out of the cache.
    private mutating func evictSmall() {
        let place = small.oldest
        let index = Int(place)
        if entries[index].hits > 1 {
            unlink(place)
            entries[index].hits = 0
            append(place, toMain: true)
        } else {
            ghosts.add(Self.hash(entries[index].key), room: places.count)
            drop(place)
        }
    }

    /// Takes the oldest entry out of the main queue, or sends it round again.
    private mutating func evictMain() {
        let place = main.oldest
        let index = Int(place)
        guard entries[index].hits > 0 else { return drop(place) }
        entries[index].hits -= 1
        unlink(place)
        append(place, toMain: true)
    }

    /// The entry stays where it is, with its hits.
    private mutating func replace(_ index: Int, _ value: Value, cost: Int) {
        let place = Int32(truncatingIfNeeded: index)
        let hits = entries[index].hits
        let isMain = entries[index].isMain
        guard cost > entries[index].cost else {
            if isMain { main.cost -= entries[index].cost - cost } else { small.cost -= entries[index].cost - cost }
            entries[index].value = value
            entries[index].cost = cost
            return
        }
        // Out while room is made, so that it does not count for itself.
        let key = entries[index].key
        drop(place)
        makeRoom(for: cost)
        var entry = Entry(key: key, value: value, cost: cost)
        entry.hits = hits
        let new = hold(entry)
        places[key] = new
        append(new, toMain: isMain)
    }

    // MARK: Places

    private mutating func hold(_ entry: Entry) -> Int32 {
        if let place = free.popLast() {
            entries[Int(place)] = entry
            return place
        }
        entries.append(entry)
        return Int32(truncatingIfNeeded: entries.count - 1)
    }

    private mutating func drop(_ place: Int32) {
        unlink(place)
        let index = Int(place)
        places[entries[index].key] = nil
        entries[index].key = ""
        entries[index].value = nil
        free.append(place)
    }

    private mutating func append(_ place: Int32, toMain isMain: Bool) {
        let index = Int(place)
        entries[index].isMain = isMain
        let newest = isMain ? main.newest : small.newest
        entries[index].older = newest
        entries[index].newer = -1
        if newest >= 0 { entries[Int(newest)].newer = place }
        if isMain { main.append(place, cost: entries[index].cost) } else { small.append(place, cost: entries[index].cost) }
    }

    private mutating func unlink(_ place: Int32) {
        let entry = (older: entries[Int(place)].older, newer: entries[Int(place)].newer, cost: entries[Int(place)].cost)
        if entry.older >= 0 { entries[Int(entry.older)].newer = entry.newer }
        if entry.newer >= 0 { entries[Int(entry.newer)].older = entry.older }
        if entries[Int(place)].isMain {
            main.unlink(place, older: entry.older, newer: entry.newer, cost: entry.cost)
        } else {
            small.unlink(place, older: entry.older, newer: entry.newer, cost: entry.cost)
        }
    }

    private static func hash(_ key: String) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(key)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}

/// The hashes of keys that left ``S3FIFOCache``'s small queue lately: a table of fixed size. Where two hashes have one place, the
/// newer one takes it. So the table may forget a key early, and it takes one key for another once in four billion times; either
/// costs no more than a place in the wrong queue.
struct S3FIFOGhosts {
    private struct Ghost {
        var mark: UInt32 = 0
        var time: UInt32 = 0
    }

    private var table: [Ghost]
    /// Counts the keys that were added.
    private var now: UInt32 = 0
    private var room: UInt32 = 0

    /// - Parameter budget: of the cache. At most a 64th of it is used, which suffices for twice as many entries as the cache holds
    ///   where each has 1 KiB.
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

    /// Whether a key is remembered; forgets it.
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

    /// From other bits than the place; never 0, which stands for an empty place.
    private func mark(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash >> 32) | 1 }
}

/// The ends of one of ``S3FIFOCache``'s queues, and its cost; -1 stands for no entry.
struct S3FIFOQueue {
    private(set) var oldest: Int32 = -1
    private(set) var newest: Int32 = -1
    var cost = 0

    mutating func append(_ place: Int32, cost: Int) {
        if oldest < 0 { oldest = place }
        newest = place
        self.cost += cost
    }

    mutating func unlink(_ place: Int32, older: Int32, newer: Int32, cost: Int) {
        if oldest == place { oldest = newer }
        if newest == place { newest = older }
        self.cost -= cost
    }
}
