import CSystem
import CoreMetrics
import EventLoop

/// Measures how late an event loop runs its timers. What keeps a loop busy delays every request on it by that time.
/// Confined to its loop.
final class EventLoopLagMonitor {
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
