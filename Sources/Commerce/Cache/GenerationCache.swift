/// A map bounded by the bytes of what it holds, which forgets what was not asked for lately.
///
/// Two generations: what is written or read moves to the young one; when the young one holds half the budget it
/// becomes the old one, and the former old one is dropped whole. Close to least-recently-used for the price of a
/// dictionary look-up, without a list to keep.
struct GenerationCache<Value> {
    private var young: [String: Entry] = [:]
    private var old: [String: Entry] = [:]
    private var youngCost = 0
    private var oldCost = 0
    private let budget: Int

    private struct Entry {
        let value: Value
        let cost: Int
    }

    /// - Parameter budget: bytes, by the costs that ``insert(_:for:cost:)`` is told.
    init(budget: Int) { self.budget = max(0, budget) }

    /// Entries held, those about to be dropped included.
    var count: Int { young.count + old.count }
    /// Bytes held by the costs told.
    var cost: Int { youngCost + oldCost }

    /// What is held under `key`; asking keeps it.
    mutating func value(for key: String) -> Value? {
        if let entry = young[key] { return entry.value }
        guard let entry = old.removeValue(forKey: key) else { return nil }
        oldCost -= entry.cost
        admit(entry, for: key)
        return entry.value
    }

    /// Holds `value` under `key`, unless it alone is over half the budget.
    mutating func insert(_ value: Value, for key: String, cost: Int) {
        remove(key)
        guard cost >= 0, cost <= budget / 2 else { return }
        admit(Entry(value: value, cost: cost), for: key)
    }

    mutating func remove(_ key: String) {
        if let entry = young.removeValue(forKey: key) { youngCost -= entry.cost }
        if let entry = old.removeValue(forKey: key) { oldCost -= entry.cost }
    }

    mutating func removeAll() {
        young = [:]
        old = [:]
        youngCost = 0
        oldCost = 0
    }

    private mutating func admit(_ entry: Entry, for key: String) {
        if youngCost + entry.cost > budget / 2 {
            old = young
            oldCost = youngCost
            young = [:]
            youngCost = 0
        }
        young[key] = entry
        youngCost += entry.cost
    }
}
