import CoreMetrics
import Web

/// What became of attempts to place an order: `placed`, `replayed`, the code of the problem that refused it, or `failed`.
/// Confined to its loop.
final class OrderMetrics {
    private let factory: any MetricsFactory
    private let placed: Counter
    private let replayed: Counter
    private let failed: Counter
    /// By code, as they come.
    private var refused: [String: Counter] = [:]

    init(factory: any MetricsFactory = MetricsSystem.factory) {
        self.factory = factory
        placed = Self.counter("placed", factory)
        replayed = Self.counter("replayed", factory)
        failed = Self.counter("failed", factory)
    }

    func ended(_ answer: PlacementAnswer) {
        if answer.isReplay { replayed.increment() } else { placed.increment() }
    }

    func ended(_ error: any Error) {
        // What is no problem by itself, such as PostgreSQL's being away, is told as one further up.
        guard let problem = (error as? any ProblemConvertible)?.problem else { return failed.increment() }
        let counter = refused[problem.kind.code] ?? Self.counter(problem.kind.code, factory)
        refused[problem.kind.code] = counter
        counter.increment()
    }

    private static func counter(_ outcome: String, _ factory: any MetricsFactory) -> Counter {
        Counter(label: "commerce_orders_total", dimensions: [("outcome", outcome)], factory: factory)
    }
}
