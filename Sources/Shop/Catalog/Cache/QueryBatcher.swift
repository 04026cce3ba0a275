import EventLoop

/// Reads by key for whoever asks, all of a turn in one statement: rows gathered into one `= ANY` cost PostgreSQL a
/// fraction of what they cost one by one. Confined to its loop.
final class QueryBatcher<Key: Hashable, Value> {
    private struct Batch {
        var keys: Set<Key>
        let promise: Promise<[Key: Value]>
    }

    /// How many keys one statement asks for.
    private static var maximum: Int { 200 }
    private let patience: Duration
    private let loop: EventLoop
    private let read: ([Key]) async throws -> [Key: Value]
    private var gathering: Batch?

    /// - Parameters:
    ///   - patience: how long a statement may take
    ///   - read: what is found of some keys
    init(loop: EventLoop, patience: Duration, read: @escaping ([Key]) async throws -> [Key: Value]) {
        self.loop = loop
        self.patience = patience
        self.read = read
    }

    /// What is found of these keys, perhaps among others that somebody else asked for.
    func values(for keys: [Key]) async throws -> [Key: Value] {
        guard !keys.isEmpty else { return [:] }
        var batch = gathering ?? begin()
        batch.keys.formUnion(keys)
        gathering = batch
        if batch.keys.count >= Self.maximum { send() }
        return try await batch.promise.value(by: Deadline.current ?? .after(patience))
    }

    private func begin() -> Batch {
        loop.atTurnEnd { [weak self] in self?.send() }
        return Batch(keys: [], promise: Promise(on: loop))
    }

    private func send() {
        guard let batch = gathering else { return }
        gathering = nil
        loop.run { [read, patience] in
            // Not anybody's deadline but its own: it serves many.
            await Deadline.$current.withValue(.after(patience)) {
                do { batch.promise.succeed(try await read(Array(batch.keys))) } catch { batch.promise.fail(error) }
            }
        }
    }
}
