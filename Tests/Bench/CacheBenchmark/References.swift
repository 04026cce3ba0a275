/// A policy under comparison.
protocol ComparedCache {
    init(budget: Int)
    mutating func value(for key: String) -> Int?
    mutating func insert(_ value: Int, for key: String, cost: Int)
    var cost: Int { get }
}

extension S3FIFOCache<Int>: ComparedCache {}

/// Least recently used, with a list.
struct LRUCache: ComparedCache {
    private struct Entry {
        let key: String
        var value: Int
        var cost: Int
        var older = -1
        var newer = -1
    }

    private var places: [String: Int] = [:]
    private var entries: [Entry] = []
    private var free: [Int] = []
    private var oldest = -1
    private var newest = -1
    private(set) var cost = 0
    private let budget: Int

    init(budget: Int) { self.budget = budget }

    mutating func value(for key: String) -> Int? {
        guard let place = places[key] else { return nil }
        unlink(place)
        append(place)
        return entries[place].value
    }

    mutating func insert(_ value: Int, for key: String, cost: Int) {
        if let place = places[key] { drop(place) }
        while self.cost + cost > budget, oldest >= 0 { drop(oldest) }
        let entry = Entry(key: key, value: value, cost: cost)
        let place: Int
        if let known = free.popLast() {
            place = known
            entries[place] = entry
        } else {
            place = entries.count
            entries.append(entry)
        }
        places[key] = place
        self.cost += cost
        append(place)
    }

    private mutating func drop(_ place: Int) {
        unlink(place)
        places[entries[place].key] = nil
        cost -= entries[place].cost
        free.append(place)
    }

    private mutating func append(_ place: Int) {
        entries[place].older = newest
        entries[place].newer = -1
        if newest >= 0 { entries[newest].newer = place } else { oldest = place }
        newest = place
    }

    private mutating func unlink(_ place: Int) {
        let (older, newer) = (entries[place].older, entries[place].newer)
        if older >= 0 { entries[older].newer = newer } else { oldest = newer }
        if newer >= 0 { entries[newer].older = older } else { newest = older }
    }
}

/// Two generations: what is read or written moves to the young one; when that holds half the budget it becomes the old one, and the
/// former old one is dropped whole.
struct GenerationCache: ComparedCache {
    private var young: [String: (value: Int, cost: Int)] = [:]
    private var old: [String: (value: Int, cost: Int)] = [:]
    private var youngCost = 0
    private var oldCost = 0
    private let budget: Int

    init(budget: Int) { self.budget = budget }

    var cost: Int { youngCost + oldCost }

    mutating func value(for key: String) -> Int? {
        if let entry = young[key] { return entry.value }
        guard let entry = old.removeValue(forKey: key) else { return nil }
        oldCost -= entry.cost
        admit(entry.value, key, entry.cost)
        return entry.value
    }

    mutating func insert(_ value: Int, for key: String, cost: Int) {
        if let entry = young.removeValue(forKey: key) { youngCost -= entry.cost }
        if let entry = old.removeValue(forKey: key) { oldCost -= entry.cost }
        admit(value, key, cost)
    }

    private mutating func admit(_ value: Int, _ key: String, _ cost: Int) {
        if youngCost + cost > budget / 2 {
            (old, oldCost) = (young, youngCost)
            (young, youngCost) = ([:], 0)
        }
        young[key] = (value, cost)
        youngCost += cost
    }
}
