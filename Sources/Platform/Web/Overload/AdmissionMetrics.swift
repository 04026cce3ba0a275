import CoreMetrics

/// What is counted of admissions. The gates of several loops add up, so a gauge is moved by what has changed.
final class AdmissionMetrics {
    private let inFlight: Meter
    private let queued: Meter
    private let limit: Meter
    private let sheds: [Shed.Reason: Counter]
    private var shown = (inFlight: 0, queued: 0, limit: 0)

    init(factory: any MetricsFactory = MetricsSystem.factory) {
        let requests = { (state: String) in
            Meter(label: "http_server_admission_requests", dimensions: [("state", state)], factory: factory)
        }
        inFlight = requests("in_flight")
        queued = requests("queued")
        limit = Meter(label: "http_server_admission_limit", factory: factory)
        sheds = Dictionary(
            uniqueKeysWithValues: Shed.Reason.allCases.map { reason in
                (reason, Counter(label: "http_server_sheds_total", dimensions: [("reason", reason.rawValue)], factory: factory))
            })
    }

    func show(inFlight: Int, queued: Int, limit: Int) {
        move(self.inFlight, inFlight - shown.inFlight)
        move(self.queued, queued - shown.queued)
        move(self.limit, limit - shown.limit)
        shown = (inFlight, queued, limit)
    }

    private func move(_ meter: Meter, _ change: Int) {
        if change != 0 { meter.increment(by: Double(change)) }
    }

    func shed(_ reason: Shed.Reason) { sheds[reason]?.increment() }
}
