import EventLoop
import FoundationEssentials

/// Reads what the variants of products have in stock: those of a page in the page's order, those of all pages of a turn in
/// one statement. Confined to its loop.
///
/// By place in the list and not by id, so that nobody looks up anything: what belongs to a page is one piece of the answer.
final class StockReader {
    private struct Batch {
        var products: [UUID] = []
        let promise: Promise<ProductStock>
    }

    /// How many products one statement asks about.
    private static var maximum: Int { 400 }
    private let loop: EventLoop
    private let store: CatalogStore
    private var gathering: Batch?

    init(loop: EventLoop, store: CatalogStore) {
        self.loop = loop
        self.store = store
    }

    /// The stock of these products, in their order.
    func stock(of products: [UUID]) async throws -> ProductStock {
        guard !products.isEmpty else { return ProductStock() }
        var batch = gathering ?? begin()
        let first = batch.products.count
        batch.products += products
        gathering = batch
        if batch.products.count >= Self.maximum { send() }
        let all = try await batch.promise.value(by: Deadline.current ?? .after(Self.patience))
        return all.piece(first, count: products.count)
    }

    private static var patience: Duration { .seconds(10) }

    private func begin() -> Batch {
        loop.atTurnEnd { [weak self] in self?.send() }
        return Batch(promise: Promise(on: loop))
    }

    private func send() {
        guard let batch = gathering else { return }
        gathering = nil
        loop.run { [store] in
            // Not anybody's deadline but its own: it serves many.
            await Deadline.$current.withValue(.after(Self.patience)) {
                do { batch.promise.succeed(try await store.stock(ofProducts: batch.products)) } catch {
                    batch.promise.fail(error)
                }
            }
        }
    }
}
