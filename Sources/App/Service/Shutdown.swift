import Dispatch
import Glibc
import Synchronization

/// How the process is asked to end, as signals (signal(7)).
///
/// SIGTERM drains: the load balancer learns that this task goes while it still serves. SIGINT is a person at a
/// terminal who wants it over: what is in flight is finished; a second one ends at once.
// Unchecked: `sources` is written in init only, and only kept; the rest is behind a Mutex.
final class Shutdown: @unchecked Sendable {
    enum Request: Sendable {
        case drain
        case stop
    }

    private struct State {
        var request: Request?
        var waiting: CheckedContinuation<Request, Never>?
    }

    private let state = Mutex(State())
    private var sources: [any DispatchSourceSignal] = []

    /// Signals are heard from now on, and do nothing else any more.
    init() {
        signal(SIGPIPE, SIG_IGN)
        let queue = DispatchQueue(label: "signals")
        for number in [SIGTERM, SIGINT] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { [unowned self] in heard(number) }
            source.activate()
            sources.append(source)
        }
    }

    /// Returns once a signal asked for the end.
    func request() async -> Request {
        await withCheckedContinuation { continuation in
            let request = state.withLock { state -> Request? in
                if state.request == nil { state.waiting = continuation }
                return state.request
            }
            if let request { continuation.resume(returning: request) }
        }
    }

    private func heard(_ number: Int32) {
        let (waiting, isSecond) = state.withLock { state -> (CheckedContinuation<Request, Never>?, Bool) in
            guard state.request == nil else { return (nil, true) }
            state.request = number == SIGINT ? .stop : .drain
            defer { state.waiting = nil }
            return (state.waiting, false)
        }
        // 128 + the signal's number, as shells report it.
        if isSecond, number == SIGINT { _exit(130) }
        waiting?.resume(returning: number == SIGINT ? .stop : .drain)
    }
}
