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
        SELECT p.summary, p.created_at FROM unnest(\(ids)) WITH ORDINALITY k (id, place) JOIN product p ON p.id = k.id \
        WHERE p.status = 'active' ORDER BY k.place
        """
    }
}
