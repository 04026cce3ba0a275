import EventLoop
import Synchronization

/// The loops' services as they come up, for whoever has something to tell all of them.
final class LoopRegistry: Sendable {
    private let services = Mutex<[LoopServices]>([])

    func add(_ one: LoopServices) { services.withLock { $0.append(one) } }

    var all: [LoopServices] { services.withLock { $0 } }

    /// Runs `body` for each, on its loop.
    func tell(_ body: @escaping @Sendable (LoopServices) -> Void) {
        for one in all { one.loop.execute { body(one) } }
    }

    /// Closes the connections of all at once, and returns once they are closed or the time is over: a transaction lasts as long
    /// as the database has it wait.
    /// - Returns: whether all are closed.
    func close(within limit: Duration) async -> Bool {
        let all = all
        guard let clock = all.first?.loop else { return true }
        return await withUnsafeContinuation { (done: UnsafeContinuation<Bool, Never>) in
            // Whichever comes first, all of them or the time; then it is over for the other.
            let end = Once { done.resume(returning: $0) }
            clock.execute { clock.schedule(after: limit) { end(false) } }
            for one in all {
                one.loop.execute {
                    one.loop.run {
                        await one.close()
                        if end.countDown(from: all.count) { end(true) }
                    }
                }
            }
        }
    }
}

/// Something that happens once, whoever asks for it first.
private final class Once: Sendable {
    private let state: Mutex<(body: (@Sendable (Bool) -> Void)?, done: Int)>

    init(_ body: @escaping @Sendable (Bool) -> Void) { state = Mutex((body, 0)) }

    /// Whether this is the last of so many.
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
