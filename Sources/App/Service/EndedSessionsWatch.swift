import Accounts
import EventLoop

/// Reads each second which sessions have ended, for all loops of the process. While the database does not answer, the list gets too
/// old to be relied on, and requests ask the database themselves. Confined to its loop.
final class EndedSessionsWatch {
    private let loop: EventLoop
    private let store: SessionStore
    private var task: Task<Void, Never>?
    /// Well below ``EndedSessions/longestAge``, with time for the query.
    private static let interval: Duration = .seconds(1)

    init(loop: EventLoop, store: SessionStore) {
        self.loop = loop
        self.store = store
    }

    func start() {
        task = loop.run { [loop, store] in
            while !Task.isCancelled {
                try? await store.readEnds()
                try? await loop.sleep(for: Self.interval)
            }
        }
    }

    func stop() { task?.cancel() }
}
