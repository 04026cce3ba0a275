import CoreMetrics
import Synchronization

/// All metrics of a process, behind the API of swift-metrics, in the format of Prometheus.
///
/// An instrument takes a lock when it is made, and its user keeps it. Counting takes no lock and allocates nothing: each series is
/// a few atomic cells. Instruments with the same name and labels share one series.
package final class PrometheusRegistry: Sendable {
    private struct State {
        var families: [String: MetricFamily] = [:]
        var collectors: [@Sendable () -> [CollectedMetric]] = []
    }

    private let descriptions: [String: MetricDescription]
    private let state = Mutex(State())

    /// - Parameter descriptions: help and ranges of the metrics. A metric without a description has no help and the ranges of
    ///   ``MetricDescription/latency``. Of two descriptions with the same name the first counts.
    package init(descriptions: [MetricDescription] = []) {
        self.descriptions = Dictionary(descriptions.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Adds a collector, which runs on the reader's thread whenever the metrics are read.
    package func collect(_ collector: @escaping @Sendable () -> [CollectedMetric]) {
        state.withLock { $0.collectors.append(collector) }
    }

    /// A cell of a series; nil where the name belongs to a metric of another kind.
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

    /// The media type of ``text()``.
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
        // A collected metric must not have the name of a counted one.
        for metric in collected where families[metric.name] == nil {
            var text = MetricText()
            text.collected(metric)
            blocks.append((metric.name, text.text))
        }
        return blocks.sorted { $0.name < $1.name }.map(\.text).joined()
    }
}

// An instrument whose name belongs to another kind works and is not shown: two kinds under one name would make the whole text
// invalid, and a metric must not end the process.
extension PrometheusRegistry: MetricsFactory {
    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        if case .counter(let cell) = cell(label, dimensions, .counter, { _ in .counter(CounterCell()) }) { return cell }
        return CounterCell()
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        let found = cell(label, dimensions, .counter) { _ in .fractionalCounter(FractionalCounterCell()) }
        if case .fractionalCounter(let cell) = found { return cell }
        return FractionalCounterCell()
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else { return gauge(label, dimensions) }
        let found = cell(label, dimensions, .histogram) { .values(ValueHistogram(bounds: $0)) }
        if case .values(let cell) = found { return cell }
        return ValueHistogram(bounds: MetricDescription.latency)
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let found = cell(label, dimensions, .histogram) { .durations(DurationHistogram(bounds: $0)) }
        if case .durations(let cell) = found { return cell }
        return DurationHistogram(bounds: MetricDescription.latency)
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeCell {
        if case .gauge(let cell) = cell(label, dimensions, .gauge, { _ in .gauge(GaugeCell()) }) { return cell }
        return GaugeCell()
    }

    // All series stay: one that vanished between two scrapes would lose its counts since the first.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}
}

/// Help and ranges of a metric.
package struct MetricDescription: Sendable {
    package let name: String
    /// One sentence, shown with the values.
    package let help: String
    /// Upper bounds of a histogram's ranges, rising: seconds for a timer, else the recorder's own unit.
    package let bounds: [Double]

    package init(_ name: String, _ help: String, bounds: [Double] = MetricDescription.latency) {
        self.name = name
        self.help = help
        self.bounds = bounds
    }

    /// From the response of a cache to the timeout of a client, in seconds.
    package static let latency = [
        0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
}
