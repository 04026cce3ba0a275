import CoreMetrics
import Web

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
