/// A lock that an order takes, and that another session may have.
enum CheckoutLock: Hashable, Sendable {
    /// That of a SKU's stock.
    case stock(String)
    /// One of ``Holder/locks``.
    case holder(Int64)
}

/// Which locks another session had for long, of late, so that orders that need them do not make others wait: a pure value.
struct ContendedLocks: Sendable {
    /// How long that is remembered, in nanoseconds: so often it is tried whether it still is so.
    private static let memory: UInt64 = 2_000_000_000
    /// How many locks are remembered.
    private static let capacity = 1_024

    private var held: [CheckoutLock: UInt64] = [:]

    var count: Int { held.count }

    /// Whether one of these was held.
    func contains(_ locks: @autoclosure () -> [CheckoutLock], at now: UInt64) -> Bool {
        !held.isEmpty && locks().contains { (held[$0] ?? 0) > now }
    }

    /// They are free again.
    mutating func forget(_ locks: [CheckoutLock]) {
        for lock in locks where !held.isEmpty { held[lock] = nil }
    }

    mutating func note(_ locks: [CheckoutLock], at now: UInt64) {
        for lock in locks {
            if held.count >= Self.capacity, held[lock] == nil {
                held = held.filter { $0.value > now }
                // All are: forgetting costs each of them one order that finds out again.
                if held.count >= Self.capacity { held = [:] }
            }
            held[lock] = now &+ Self.memory
        }
    }
}
