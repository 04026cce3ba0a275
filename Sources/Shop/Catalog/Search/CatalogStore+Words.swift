import PostgresClient

extension CatalogStore {
    /// The languages that searches know the word stems of, as ISO 639-1 codes.
    package func searchLanguages() async throws -> [String] {
        try await pool.query("SELECT languages FROM search_setting").first?[0] ?? []
    }

    /// Counts the words of all products again, if the catalogue has changed since they were counted.
    /// - Returns: whether it has.
    package func countWords() async throws -> Bool {
        let rows = try await pool.query(
            "SELECT s.counted < v.version FROM search_setting s CROSS JOIN catalog_version v")
        guard try rows.first?[0, as: Bool.self] ?? false else { return false }
        // A write, and not a read that shares a connection. It reads all products, which takes longer than requests may.
        try await pool.batch(["SET LOCAL statement_timeout = '10min'", "SELECT search_words_count()::text"])
        return true
    }
}
