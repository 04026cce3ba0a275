import EventLoop
import Formats
import FoundationEssentials

/// Reads single products, those of a turn together. Confined to its loop.
package final class ProductReader {
    private let byID: TurnBatch<UUID, Product>
    private let bySlug: TurnBatch<String, Product>

    package init(loop: EventLoop, store: CatalogStore) {
        let patience = Duration.seconds(10)
        byID = TurnBatch(loop: loop, patience: patience) { try await store.products(ids: $0) }
        bySlug = TurnBatch(loop: loop, patience: patience) { try await store.products(slugs: $0) }
    }

    /// The product that a path names by id or slug; nil where there is no active one.
    package func product(_ name: String) async throws -> Product? {
        guard let id = UUID(utf8: name.utf8) else { return try await bySlug.values(for: [name])[name] }
        return try await byID.values(for: [id])[id]
    }
}
