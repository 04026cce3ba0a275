import TestSupport

/// Many clients at once, each on a thread and a connection of its own, all let go at the same moment.
enum Crowd {
    /// What each did, in the order of their numbers.
    static func run<Value: Sendable>(
        _ count: Int, of shop: Shop, _ body: @escaping @Sendable (Int, ShopClient) throws -> Value
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: (Int, Value).self) { group in
            for number in 0..<count {
                let client = ShopClient(shop, service: number % shop.services.count)
                group.addTask {
                    try await onOwnThread { (number, try body(number, client)) }
                }
            }
            var values: [Int: Value] = [:]
            for try await (number, value) in group { values[number] = value }
            return (0..<count).compactMap { values[$0] }
        }
    }
}
