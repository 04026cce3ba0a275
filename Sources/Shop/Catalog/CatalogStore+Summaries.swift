import FoundationEssentials
import PostgresClient

/// Products that were chosen elsewhere, as lists show them.
extension CatalogStore {
    /// The active products among these, in their order. Each may be named once.
    func summaries(of ids: [UUID]) async throws -> Page {
        try Page(try await read(Self.summaries(of: ids)), sort: .newest, limit: ids.count)
    }

    static func summaries(of ids: [UUID]) -> PostgresQuery {
        """
        \(ListColumn.select) FROM (\(ListColumn.selectWithin), 0::bigint AS rank, k.place FROM unnest(\(ids)) \
        WITH ORDINALITY k (id, place) JOIN product p ON p.id = k.id WHERE p.status = 'active') p \
        LEFT JOIN category c ON c.id = p.category_id ORDER BY p.place
        """
    }
}
