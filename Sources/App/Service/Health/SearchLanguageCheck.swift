import Catalog
import EventLoop
import Logging
import PostgresClient

/// Warns once if searches use other languages than the settings name: triggers write what searches read, and do not see the
/// environment. Confined to its loop.
final class SearchLanguageCheck {
    /// Until the database answers and has its tables.
    private static let pause = Duration.seconds(2)

    private let loop: EventLoop
    private let store: CatalogStore
    private let languages: [String]
    private let logger: Logger
    private var task: Task<Void, Never>?

    /// - Parameter languages: those of the settings
    init(loop: EventLoop, store: CatalogStore, languages: [String], logger: Logger) {
        self.loop = loop
        self.store = store
        self.languages = languages
        self.logger = logger
    }

    func start() {
        task = loop.run { [self] in
            while !Task.isCancelled {
                if let known = try? await store.searchLanguages() {
                    logger.debug("searches know languages", metadata: ["languages": "\(known.joined(separator: ","))"])
                    if let warning = Self.warning(set: languages, known: known) { logger.warning("\(warning)") }
                    return
                }
                try? await loop.sleep(for: Self.pause)
            }
        }
    }

    func stop() { task?.cancel() }

    /// The warning for the operator; nil if both are the same languages.
    static func warning(set: [String], known: [String]) -> String? {
        guard Set(set) != Set(known) else { return nil }
        return "STORE_LANGUAGE is \(set.joined(separator: ",")), but searches know the word stems of "
            + "\(known.joined(separator: ",")): run commerce search reindex"
    }
}
