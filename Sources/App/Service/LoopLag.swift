import CoreMetrics
import CSystem
import EventLoop

/// How late a loop is: a timer now and then, and how long after it was due it ran. What keeps a loop busy keeps every request
/// on it waiting for so long. Confined to its loop.
final class LoopLag {
    private static let interval = Duration.milliseconds(250)

    private let loop: EventLoop
    private let lag: Timer
    private var timer: LoopTimer?

    init(loop: EventLoop, factory: any MetricsFactory = MetricsSystem.factory) {
        self.loop = loop
        lag = Timer(label: "commerce_event_loop_lag_seconds", factory: factory)
    }

    func start() {
        let due = Deadline.after(Self.interval).instant
        timer = loop.schedule(at: due) { [weak self] in
            guard let self else { return }
            let now = csystem_monotonic()
            lag.recordNanoseconds(Int64(clamping: now > due ? now - due : 0))
            start()
        }
    }

    func stop() {
        timer?.cancel()
        timer = nil
    }
}
