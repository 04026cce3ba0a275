import EventLoop
import Formats
import FoundationEssentials

/// Reads single products, those of a turn together. Confined to its loop.
final class ProductReader {
    private let byID: QueryBatcher<UUID, CatalogCache.Loaded>
    private let bySlug: QueryBatcher<String, CatalogCache.Loaded>

    init(loop: EventLoop, store: CatalogStore) {
        let patience = Duration.seconds(10)
        byID = QueryBatcher(loop: loop, patience: patience) { try await store.products(ids: $0) }
        bySlug = QueryBatcher(loop: loop, patience: patience) { try await store.products(slugs: $0) }
    }

    /// The document of the product that a path names by id or slug; nil where there is no active one.
    func product(_ name: String) async throws -> CatalogCache.Loaded? {
        guard let id = UUID(utf8: name.utf8) else { return try await bySlug.values(for: [name])[name] }
        return try await byID.values(for: [id])[id]
    }
}
