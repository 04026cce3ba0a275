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

    /// Closes the connections of all, and returns once they are closed.
    func close() async {
        for one in all {
            await withCheckedContinuation { done in
                one.loop.execute {
                    one.loop.run {
                        await one.close()
                        done.resume()
                    }
                }
            }
        }
    }
}
