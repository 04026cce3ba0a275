import EventLoop

/// Reads for many callers with few statements: the keys of a loop's turn go to PostgreSQL in one statement, which costs a
/// fraction of as many small ones. Confined to its loop.
final class QueryBatcher<Key: Hashable, Answer> {
    private struct Batch {
        var keys: [Key] = []
        /// The same keys, where each is read once.
        var distinct: Set<Key> = []
        let promise: Promise<Answer>
    }

    private let loop: EventLoop
    private let maximum: Int
    private let timeout: Duration
    private let query: ([Key]) async throws -> Answer
    /// The batch of the present turn.
    private var gathering: Batch?

    /// - Parameters:
    ///   - maximum: how many keys one statement has; one caller's keys stay together
    ///   - timeout: how long a statement may take
    ///   - query: reads some keys, in the order of the callers
    init(loop: EventLoop, maximum: Int, timeout: Duration, query: @escaping ([Key]) async throws -> Answer) {
        self.loop = loop
        self.maximum = maximum
        self.timeout = timeout
        self.query = query
    }

    /// Reads these keys, together with those of other callers; a key that several callers want is read once. For answers in which
    /// a key finds its own part.
    func answer(for keys: [Key]) async throws -> Answer {
        var batch = gathering ?? begin()
        for key in keys where batch.distinct.insert(key).inserted { batch.keys.append(key) }
        gathering = batch
        if batch.keys.count >= maximum { send() }
        return try await batch.promise.value(by: Deadline.current ?? .after(timeout))
    }

    private func begin() -> Batch {
        loop.atTurnEnd { [weak self] in self?.send() }
        return Batch(promise: Promise(on: loop))
    }

    private func send() {
        guard let batch = gathering else { return }
        gathering = nil
        loop.run { [query, timeout] in
            // A deadline of its own: the statement serves many callers.
            await Deadline.$current.withValue(.after(timeout)) {
                do { batch.promise.succeed(try await query(batch.keys)) } catch { batch.promise.fail(error) }
            }
        }
    }
}
