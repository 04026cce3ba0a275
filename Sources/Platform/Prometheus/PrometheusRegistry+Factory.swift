import CoreMetrics

// Where a name is one of another kind, the instrument works and is not shown: two kinds under one name would make the whole
// text unreadable, and a metric must not end the process.
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

    // A series that vanished between two readings would lose what it had counted since the last: they all stay.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}
}
