import Synchronization

/// Where all metrics of a process are, behind swift-metrics' API, and how Prometheus reads them.
///
/// Making an instrument takes a lock, once; it is kept by whoever counts with it. Counting takes none, and allocates
/// nothing: each series is some cells of atomics. The same name and labels are the same series, whoever makes the instrument.
package final class PrometheusRegistry: Sendable {
    private struct State {
        var families: [String: MetricFamily] = [:]
        var collectors: [@Sendable () -> [CollectedMetric]] = []
    }

    private let descriptions: [String: MetricDescription]
    private let state = Mutex(State())

    /// - Parameter descriptions: help and ranges of the metrics to come; one that is not described has no help and the
    ///   ranges of ``MetricDescription/latency``. Of two with the same name the first counts.
    package init(descriptions: [MetricDescription] = []) {
        self.descriptions = Dictionary(descriptions.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Has `collector` asked, on the reader's thread, whenever the metrics are read.
    package func collect(_ collector: @escaping @Sendable () -> [CollectedMetric]) {
        state.withLock { $0.collectors.append(collector) }
    }

    /// A cell of a series; nil where the name is one of another kind of metric.
    func cell(
        _ label: String, _ dimensions: [(String, String)], _ kind: MetricFamily.Kind,
        _ make: ([Double]) -> MetricFamily.Cell
    ) -> MetricFamily.Cell? {
        let name = MetricName.metric(label)
        let bounds = bounds(of: name)
        let labels = LabelSet(dimensions)
        return state.withLock { state in
            var family = state.families[name] ?? MetricFamily(kind: kind, bounds: kind == .histogram ? bounds : [])
            guard family.kind == kind else { return nil }
            let cell = family.cell(labels, make)
            state.families[name] = family
            return cell
        }
    }

    func bounds(of name: String) -> [Double] { descriptions[name]?.bounds ?? MetricDescription.latency }

    /// What media type ``text()`` is.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// All metrics in Prometheus' text format 0.0.4 (its documentation, "Exposition formats"): by name, then by labels.
    package func text() -> String {
        let collected = state.withLock { $0.collectors }.flatMap { $0() }
        let families = state.withLock { $0.families }
        var blocks: [(name: String, text: String)] = families.map { name, family in
            var text = MetricText()
            text.family(name, help: descriptions[name]?.help, family)
            return (name, text.text)
        }
        // What is found out now has no part in what is counted under the same name.
        for metric in collected where families[metric.name] == nil {
            var text = MetricText()
            text.collected(metric)
            blocks.append((metric.name, text.text))
        }
        return blocks.sorted { $0.name < $1.name }.map(\.text).joined()
    }
}
