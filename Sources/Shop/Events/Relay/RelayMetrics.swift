import CoreMetrics
import Formats

/// Counts what the relay does. Confined to its loop.
final class RelayMetrics {
    private let factory: any MetricsFactory
    private let relayed: Counter
    private let lag: Meter
    private let gapCount: Meter
    private var outcomes: [String: Counter] = [:]
    private var durations: [EventTarget.Kind: CoreMetrics.Timer] = [:]

    init(factory: any MetricsFactory = MetricsSystem.factory) {
        self.factory = factory
        relayed = Counter(label: "commerce_outbox_events_total", factory: factory)
        lag = Meter(label: "commerce_outbox_lag_seconds", factory: factory)
        gapCount = Meter(label: "commerce_outbox_gaps", factory: factory)
    }

    /// A poll has found events.
    /// - Parameter age: of the oldest of them
    func relayed(_ count: Int, age: Duration) {
        relayed.increment(by: Int64(count))
        lag.set(Double(age.wholeMicroseconds) / 1_000_000)
    }

    /// So many gaps are in what was read.
    func gaps(_ count: Int) { gapCount.set(Double(count)) }

    /// An attempt has ended.
    func attempted(_ kind: EventTarget.Kind, _ state: RecordedAttempt.State, after duration: Duration) {
        let outcome =
            switch state {
            case .delivered: "delivered"
            case .pending: "failed"
            case .dead: "dead"
            }
        let key = "\(kind.rawValue) \(outcome)"
        let counter =
            outcomes[key]
            ?? Counter(
                label: "commerce_event_deliveries_total", dimensions: [("kind", kind.rawValue), ("outcome", outcome)],
                factory: factory)
        outcomes[key] = counter
        counter.increment()
        let timer =
            durations[kind]
            ?? CoreMetrics.Timer(
                label: "commerce_event_delivery_duration_seconds", dimensions: [("kind", kind.rawValue)], factory: factory)
        durations[kind] = timer
        timer.recordNanoseconds(Int64(clamping: duration.nanosecondsClamped))
    }
}
