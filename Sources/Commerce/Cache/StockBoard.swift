import EventLoop
import FoundationEssentials

/// Reads stock for whoever asks, all of a turn in one statement: rows gathered into one `= ANY` cost PostgreSQL a
/// fraction of what they cost one by one. Confined to its loop.
final class StockBoard {
    private struct Batch {
        var variants: Set<UUID>
        let promise: Promise<[UUID: Int]>
    }

    /// How long a statement may take.
    private static let patience = Duration.seconds(1)

    private let loop: EventLoop
    private let read: ([UUID]) async throws -> [UUID: Int]
    private var gathering: Batch?

    init(loop: EventLoop, read: @escaping ([UUID]) async throws -> [UUID: Int]) {
        self.loop = loop
        self.read = read
    }

    /// What can be bought of each variant, in their order; 0 for one that is gone.
    func available(of variants: [UUID]) async throws -> [Int] {
        guard !variants.isEmpty else { return [] }
        if gathering == nil {
            gathering = Batch(variants: [], promise: Promise(on: loop))
            loop.atTurnEnd { [weak self] in self?.send() }
        }
        gathering?.variants.formUnion(variants)
        guard let promise = gathering?.promise else { return [] }
        let found = try await promise.value(by: Deadline.current ?? .after(Self.patience))
        return variants.map { found[$0] ?? 0 }
    }

    private func send() {
        guard let batch = gathering else { return }
        gathering = nil
        loop.run { [read] in
            // Not anybody's deadline but its own: it serves many.
            await Deadline.$current.withValue(.after(Self.patience)) {
                do { batch.promise.succeed(try await read(Array(batch.variants))) } catch { batch.promise.fail(error) }
            }
        }
    }
}
