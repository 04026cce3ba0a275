import Dispatch
import Glibc
import Synchronization

/// The signals that end the process (signal(7)).
///
/// SIGTERM drains: the process goes on serving until the load balancer has noticed. SIGINT, from a terminal, finishes the
/// requests in flight; a second SIGINT ends the process at once.
// Unchecked: `sources` is written only in init; the rest is behind a Mutex.
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

    /// Handles the signals from now on, in place of their default actions.
    init() {
        signal(SIGPIPE, SIG_IGN)
        let queue = DispatchQueue(label: "signals")
        for number in [SIGTERM, SIGINT] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { [unowned self] in received(number) }
            source.activate()
            sources.append(source)
        }
    }

    /// Returns once a signal has arrived.
    func request() async -> Request {
        await withCheckedContinuation { continuation in
            let request = state.withLock { state -> Request? in
                if state.request == nil { state.waiting = continuation }
                return state.request
            }
            if let request { continuation.resume(returning: request) }
        }
    }

    private func received(_ number: Int32) {
        let (waiting, isSecond) = state.withLock { state -> (CheckedContinuation<Request, Never>?, Bool) in
            guard state.request == nil else { return (nil, true) }
            state.request = number == SIGINT ? .stop : .drain
            defer { state.waiting = nil }
            return (state.waiting, false)
        }
        // 128 + the signal's number, the exit code that shells use.
        if isSecond, number == SIGINT { _exit(130) }
        waiting?.resume(returning: number == SIGINT ? .stop : .drain)
    }
}
