/// Of which SKUs the stock was locked for long, of late, so that orders for them do not make others wait: a pure value.
struct HeldStock: Sendable {
    /// How long that is remembered, in nanoseconds: so often it is tried whether it still is so.
    private static let memory: UInt64 = 2_000_000_000
    /// How many SKUs are remembered.
    private static let capacity = 1_024

    private var held: [String: UInt64] = [:]

    var count: Int { held.count }

    /// Whether one of these was held.
    func contains(_ skus: [String], at now: UInt64) -> Bool {
        !held.isEmpty && skus.contains { (held[$0] ?? 0) > now }
    }

    /// They are free again.
    mutating func forget(_ skus: [String]) {
        for sku in skus where !held.isEmpty { held[sku] = nil }
    }

    mutating func note(_ skus: [String], at now: UInt64) {
        for sku in skus {
            if held.count >= Self.capacity, held[sku] == nil {
                held = held.filter { $0.value > now }
                // All are: forgetting costs each of them one order that finds out again.
                if held.count >= Self.capacity { held = [:] }
            }
            held[sku] = now &+ Self.memory
        }
    }
}
