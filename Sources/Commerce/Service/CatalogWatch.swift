import EventLoop
import Logging
import PostgresClient

/// Hears of writes to the catalogue and tells every loop's cache. Confined to its loop.
final class CatalogWatch {
    /// The channel on which an import or an edit announces the catalogue's new version.
    package static let channel = "catalog"

    private let listener: PostgresListener
    private let store: CatalogStore
    private let loop: EventLoop
    private let tell: (Int64?) -> Void

    /// - Parameter tell: called with the catalogue's version, or nil when changes may go unheard
    init(
        loop: EventLoop, configuration: PostgresConfiguration, store: CatalogStore, logger: Logger,
        tell: @escaping (Int64?) -> Void
    ) {
        self.loop = loop
        self.store = store
        self.tell = tell
        listener = PostgresListener(loop: loop, configuration: configuration, channels: [Self.channel], logger: logger)
    }

    func start() {
        listener.start { [unowned self] event in
            switch event {
            // Listening first, then reading: no change falls between the two.
            case .listening: readVersion()
            case .notification(_, let payload): if let version = Int64(payload) { tell(version) } else { readVersion() }
            case .lost: tell(nil)
            }
        }
    }

    func close() async { await listener.close() }

    private func readVersion() {
        loop.run { [self] in
            while !Task.isCancelled {
                do { return tell(try await store.version()) } catch { try? await loop.sleep(for: .milliseconds(200)) }
            }
        }
    }
}
