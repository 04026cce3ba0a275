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
