import Catalog

/// Counts the words of all products after the catalogue has changed: corrections, suggestions of brands and categories, and the
/// choice of a way to look for a word depend on it. It reads all products, so it runs seldom.
struct SearchWordsJob: BackgroundJob {
    let catalog: CatalogStore
    let name = "search_words"
    let schedule = JobSchedule.every(.seconds(300))

    func run() async throws -> Int { try await catalog.countWords() ? 1 : 0 }
}
