import CoreMetrics

/// How often each problem was the answer, by its code: the program's own words, so few. Confined to its loop.
final class ProblemMetrics {
    private let factory: any MetricsFactory
    private var counters: [String: Counter] = [:]

    init(factory: any MetricsFactory) { self.factory = factory }

    func count(_ problem: Problem) {
        let code = problem.kind.code
        let counter =
            counters[code]
            ?? Counter(label: "http_server_problems_total", dimensions: [("code", code)], factory: factory)
        counters[code] = counter
        counter.increment()
    }
}
