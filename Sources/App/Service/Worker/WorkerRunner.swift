import Cart
import Configuration
import EventLoop
import Events
import Logging

/// Runs a ``Worker`` on an event loop of its own, for whatever thread owns it.
// Unchecked: `worker` is used on the loop only.
final class WorkerRunner: @unchecked Sendable {
    private let loop: EventLoop
    private var worker: Worker?
    private let make: @Sendable (EventLoop) -> Worker

    /// - Parameters:
    ///   - hint: what this process notifies when it has committed events
    ///   - cartChanged: tells listeners of this process about a cart
    ///   - report: called on the worker's loop after each pass over its work
    ///   - isAlone: whether the process does nothing else
    /// - Throws: ``SystemError`` if the process has no file descriptors left.
    init(
        _ configuration: Configuration, isAlone: Bool, hint: OutboxHint,
        cartChanged: @escaping @Sendable (CartChangedEvent) -> Void = { _ in },
        report: @escaping @Sendable (WorkerReport) -> Void, logger: Logger
    ) throws(SystemError) {
        loop = try EventLoop(label: "worker")
        make = { loop in
            Worker(
                loop: loop, configuration: configuration, isAlone: isAlone, hint: hint, cartChanged: cartChanged, report: report,
                logger: logger)
        }
    }

    func start() {
        loop.execute { [self] in
            let worker = make(loop)
            self.worker = worker
            worker.start()
        }
    }

    /// Stops the worker: nothing is claimed any more, and what is under way may end within `limit`. Claims that are left are given
    /// back. Returns a little later than that at most, unless the database keeps a transaction waiting.
    /// - Returns: whether all that was under way has ended.
    func stop(within limit: Duration) async -> Bool {
        let finished = await withCheckedContinuation { (done: CheckedContinuation<Bool, Never>) in
            loop.execute { [self] in
                guard let worker else { return done.resume(returning: true) }
                loop.run { done.resume(returning: await worker.stop(within: limit)) }
            }
        }
        loop.stop()
        return finished
    }
}
