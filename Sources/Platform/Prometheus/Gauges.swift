import CoreMetrics

/// A number that rises and falls: a meter of swift-metrics, or a recorder without aggregation.
final class GaugeCell: MeterHandler, RecorderHandler, Sendable {
    private let level = AtomicDouble()

    var value: Double { level.value }

    func set(_ value: Int64) { level.set(Double(value)) }
    func set(_ value: Double) { level.set(value) }
    func increment(by amount: Double) { level.add(amount) }
    func decrement(by amount: Double) { level.add(-amount) }
    func record(_ value: Int64) { level.set(Double(value)) }
    func record(_ value: Double) { level.set(value) }
}
