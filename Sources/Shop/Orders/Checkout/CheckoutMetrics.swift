import CoreMetrics
import Web

/// Counts the transactions that place orders, and the orders in them. Confined to its loop.
final class CheckoutMetrics {
    private let waiting: Meter
    /// The same number among all queues before PostgreSQL.
    private let queue: Meter
    private let transactions: [CheckoutLane: Counter]
    private let orders: [CheckoutLane: Counter]
    private var shown = 0

    init(factory: any MetricsFactory = MetricsSystem.factory) {
        waiting = Meter(label: "commerce_orders_waiting", factory: factory)
        queue = Meter(label: "commerce_queue_waiting", dimensions: [("queue", "checkout")], factory: factory)
        func counters(_ label: String) -> [CheckoutLane: Counter] {
            Dictionary(
                uniqueKeysWithValues: CheckoutLane.allCases.map { lane in
                    (lane, Counter(label: label, dimensions: [("lane", lane.rawValue)], factory: factory))
                })
        }
        transactions = counters("commerce_order_transactions_total")
        orders = counters("commerce_order_transaction_orders_total")
    }

    /// Sets how many orders wait for their transaction.
    func waiting(_ count: Int) {
        guard count != shown else { return }
        waiting.increment(by: Double(count - shown))
        queue.increment(by: Double(count - shown))
        shown = count
    }

    /// Counts a transaction with `count` orders that has ended, with any outcome.
    func ended(_ lane: CheckoutLane, orders count: Int) {
        transactions[lane]?.increment()
        orders[lane]?.increment(by: Int64(count))
    }
}

/// Counts requests to place an order by outcome: `placed`, `replayed`, the code of the problem that refused it, or `failed`.
/// Confined to its loop.
final class OrderMetrics {
    private let factory: any MetricsFactory
    private let placed: Counter
    private let replayed: Counter
    private let failed: Counter
    /// By code; a counter is made when its code first occurs.
    private var refused: [String: Counter] = [:]

    init(factory: any MetricsFactory = MetricsSystem.factory) {
        self.factory = factory
        placed = Self.counter("placed", factory)
        replayed = Self.counter("replayed", factory)
        failed = Self.counter("failed", factory)
    }

    func ended(_ response: CheckoutResponse) {
        if response.isReplay { replayed.increment() } else { placed.increment() }
    }

    func ended(_ error: any Error) {
        // Other errors, such as an unreachable PostgreSQL, become problems only in the application.
        guard let problem = (error as? any ProblemConvertible)?.problem else { return failed.increment() }
        let counter = refused[problem.kind.code] ?? Self.counter(problem.kind.code, factory)
        refused[problem.kind.code] = counter
        counter.increment()
    }

    private static func counter(_ outcome: String, _ factory: any MetricsFactory) -> Counter {
        Counter(label: "commerce_orders_total", dimensions: [("outcome", outcome)], factory: factory)
    }
}
