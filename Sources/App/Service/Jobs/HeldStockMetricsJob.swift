import CoreMetrics
import Orders

/// Measures how much of all stock unpaid orders hold. It reads the whole stock, so it runs seldom.
struct HeldStockMetricsJob: BackgroundJob {
    let name = "held_stock_metrics"
    let schedule = JobSchedule.every(.seconds(60))
    private let orders: OrderStore
    private let units: Meter
    private let ratio: Meter

    init(orders: OrderStore, factory: any MetricsFactory = MetricsSystem.factory) {
        self.orders = orders
        units = Meter(label: "commerce_stock_held_units", factory: factory)
        ratio = Meter(label: "commerce_stock_held_ratio", factory: factory)
    }

    func run() async throws -> Int {
        let (held, onHand) = try await orders.heldStock()
        units.set(Double(held))
        ratio.set(onHand > 0 ? Double(held) / Double(onHand) : 0)
        return 0
    }

    /// Not a number: Prometheus shows the value of the worker that measures.
    func runsElsewhere() {
        units.set(Double.nan)
        ratio.set(Double.nan)
    }
}
