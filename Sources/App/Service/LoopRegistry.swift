import EventLoop
import Synchronization

/// The services of all loops, added as the loops start.
final class LoopRegistry: Sendable {
    private let services = Mutex<[LoopServices]>([])

    func add(_ services: LoopServices) { self.services.withLock { $0.append(services) } }

    var all: [LoopServices] { services.withLock { $0 } }

    /// Runs `body` on each loop, with the loop's services.
    func onEachLoop(_ body: @escaping @Sendable (LoopServices) -> Void) {
        for one in all { one.loop.execute { body(one) } }
    }

    /// Closes the connections of all loops, and returns once they are closed or the time is over: the database may keep a
    /// transaction waiting for long.
    /// - Returns: Whether all are closed.
    func close(within limit: Duration) async -> Bool {
        let all = all
        guard let clock = all.first?.loop else { return true }
        return await withUnsafeContinuation { (done: UnsafeContinuation<Bool, Never>) in
            let finish = Once { done.resume(returning: $0) }
            clock.execute { clock.schedule(after: limit) { finish(false) } }
            for one in all {
                one.loop.execute {
                    one.loop.run {
                        await one.close()
                        if finish.countDown(from: all.count) { finish(true) }
                    }
                }
            }
        }
    }
}

/// Calls its closure once, at the first of several events: all loops are closed, or the time is over.
private final class Once: Sendable {
    private let state: Mutex<(body: (@Sendable (Bool) -> Void)?, done: Int)>

    init(_ body: @escaping @Sendable (Bool) -> Void) { state = Mutex((body, 0)) }

    /// Counts one of `count` events; true for the last.
    func countDown(from count: Int) -> Bool {
        state.withLock { state in
            state.done += 1
            return state.done == count
        }
    }

    func callAsFunction(_ value: Bool) {
        let body = state.withLock { state in
            defer { state.body = nil }
            return state.body
        }
        body?(value)
    }
}
