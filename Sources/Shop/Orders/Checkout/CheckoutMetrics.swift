import CoreMetrics

/// What shows how well orders share transactions. Confined to its loop.
final class CheckoutMetrics {
    private let waiting: Meter
    private let transactions: [CheckoutLane: Counter]
    private let orders: [CheckoutLane: Counter]
    private var shown = 0

    init(factory: any MetricsFactory = MetricsSystem.factory) {
        waiting = Meter(label: "commerce_orders_waiting", factory: factory)
        func counters(_ label: String) -> [CheckoutLane: Counter] {
            Dictionary(
                uniqueKeysWithValues: CheckoutLane.allCases.map { lane in
                    (lane, Counter(label: label, dimensions: [("lane", lane.rawValue)], factory: factory))
                })
        }
        transactions = counters("commerce_order_transactions_total")
        orders = counters("commerce_order_transaction_orders_total")
    }

    /// So many orders wait for their transaction.
    func waiting(_ count: Int) {
        if count != shown { waiting.increment(by: Double(count - shown)) }
        shown = count
    }

    /// A transaction of so many orders has ended, however it did.
    func ended(_ lane: CheckoutLane, orders count: Int) {
        transactions[lane]?.increment()
        orders[lane]?.increment(by: Int64(count))
    }
}
