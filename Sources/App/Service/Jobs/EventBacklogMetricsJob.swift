import CoreMetrics
import Events
import Formats

/// Measures how many events wait for delivery, for how long, and how many were given up.
final class EventBacklogMetricsJob: BackgroundJob {
    let name = "event_backlog_metrics"
    let schedule = JobSchedule.every(.seconds(60))
    private let events: EventRetention
    private let factory: any MetricsFactory
    private var shown: [String: (pending: Meter, dead: Meter, age: Meter)] = [:]

    init(events: EventRetention, factory: any MetricsFactory = MetricsSystem.factory) {
        self.events = events
        self.factory = factory
    }

    func run() async throws -> Int {
        for backlog in try await events.backlog() {
            let meters = meters(backlog.kind)
            meters.pending.set(Double(backlog.pending))
            meters.dead.set(Double(backlog.dead))
            meters.age.set(Double(backlog.age.wholeMicroseconds) / 1_000_000)
        }
        return 0
    }

    /// Not a number: Prometheus shows the values of the worker that measures.
    func runsElsewhere() {
        for meters in shown.values {
            for meter in [meters.pending, meters.dead, meters.age] { meter.set(Double.nan) }
        }
    }

    private func meters(_ kind: String) -> (pending: Meter, dead: Meter, age: Meter) {
        if let known = shown[kind] { return known }
        func meter(_ label: String) -> Meter { Meter(label: label, dimensions: [("kind", kind)], factory: factory) }
        let new = (
            pending: meter("commerce_event_deliveries_pending"), dead: meter("commerce_event_deliveries_dead"),
            age: meter("commerce_event_deliveries_oldest_seconds")
        )
        shown[kind] = new
        return new
    }
}
