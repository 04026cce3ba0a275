import PostgresClient

/// Changes what searches know beside the catalogue: languages, synonyms and redirects. Blocks, so it never runs on an event loop.
package struct SearchEditor {
    private let connection: BlockingConnection

    /// - Parameter connection: as the role that owns the tables
    package init(_ connection: BlockingConnection) { self.connection = connection }

    /// Sets the languages, and writes what searches read of every product again, in many small transactions.
    package func reindex(languages: [String]) throws {
        try connection.execute("SET statement_timeout = 0")
        try connection.query(
            "UPDATE search_setting SET languages = \(languages) WHERE languages IS DISTINCT FROM \(languages)")
        try connection.query("CALL search_reindex()")
        try announce()
    }

    /// Words that mean the same, in both directions.
    /// - Returns: false where one of them has no letter or digit, or both are the same.
    package func addSynonym(_ word: String, _ synonym: String) throws -> Bool {
        let added = try connection.query(
            """
            INSERT INTO search_synonym (word, synonym) SELECT x.word, x.synonym \
            FROM (SELECT search_words(\(word)) AS a, search_words(\(synonym)) AS b) w \
            CROSS JOIN LATERAL (VALUES (w.a, w.b), (w.b, w.a)) x (word, synonym) WHERE w.a <> '' AND w.b <> '' AND w.a <> w.b \
            ON CONFLICT (word, synonym) DO UPDATE SET synonym = EXCLUDED.synonym RETURNING word
            """)
        try announce()
        return added.first != nil
    }

    /// - Returns: false where they were no synonyms.
    package func removeSynonym(_ word: String, _ synonym: String) throws -> Bool {
        let removed = try connection.query(
            """
            DELETE FROM search_synonym x USING (SELECT search_words(\(word)) AS a, search_words(\(synonym)) AS b) w \
            WHERE (x.word, x.synonym) IN ((w.a, w.b), (w.b, w.a)) RETURNING x.word
            """)
        try announce()
        return removed.first != nil
    }

    /// All pairs, each once.
    package func synonyms() throws -> [(word: String, synonym: String)] {
        let rows = try connection.query(
            """
            SELECT word, synonym FROM search_synonym x WHERE word < synonym COLLATE "C" \
            OR NOT EXISTS (SELECT FROM search_synonym y WHERE y.word = x.synonym AND y.synonym = x.word) ORDER BY 1, 2
            """)
        var pairs: [(word: String, synonym: String)] = []
        for row in rows { pairs.append((try row[0], try row[1])) }
        return pairs
    }

    /// The searches with these words lead to a path of the shop.
    /// - Returns: false where the search has no letter or digit.
    package func setRedirect(_ search: String, to path: String) throws -> Bool {
        let rows = try connection.query(
            """
            INSERT INTO search_redirect (words, path) SELECT search_words(\(search)), \(path) WHERE search_words(\(search)) <> '' \
            ON CONFLICT (words) DO UPDATE SET path = EXCLUDED.path RETURNING words
            """)
        try announce()
        return rows.first != nil
    }

    /// - Returns: false where the search had no redirect.
    package func removeRedirect(_ search: String) throws -> Bool {
        let rows = try connection.query("DELETE FROM search_redirect WHERE words = search_words(\(search)) RETURNING words")
        try announce()
        return rows.first != nil
    }

    /// All redirects.
    package func redirects() throws -> [(words: String, path: String)] {
        var redirects: [(words: String, path: String)] = []
        for row in try connection.query("SELECT words, path FROM search_redirect ORDER BY 1") {
            redirects.append((try row[0], try row[1]))
        }
        return redirects
    }

    /// Ends all cached lists.
    private func announce() throws { try connection.query(PostgresQuery(unescaped: ImportStatements.bumpVersion)) }
}
