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
    /// The highest version heard since listening began: what was read before a notification may come after it.
    private var latest: Int64 = 0
    /// Counts the times that listening began or ended: a version read in an earlier one says nothing any more.
    private var epoch = 0

    /// - Parameter tell: called with the catalogue's version, or nil when changes may go unheard
    init(
        loop: EventLoop, configuration: PostgresConfiguration, store: CatalogStore, logger: Logger,
        tell: @escaping (Int64?) -> Void
    ) {
        self.loop = loop
        self.store = store
        self.tell = tell
        let relay = Relay()
        listener = PostgresListener(
            loop: loop, configuration: configuration, channels: [Self.channel], logger: logger,
            receive: { relay.watch?.received($0) })
        relay.watch = self
    }

    func start() { listener.start() }

    func close() { listener.close() }

    /// The listener is made before there is a watch to tell.
    private final class Relay {
        weak var watch: CatalogWatch?
    }

    private func received(_ event: PostgresListener.Event) {
        switch event {
        // Listening first, then reading: no change falls between the two.
        case .listening:
            latest = 0
            epoch += 1
            readVersion()
        case .notification(_, let payload): if let version = Int64(payload) { heard(version) } else { readVersion() }
        case .lost:
            epoch += 1
            tell(nil)
        }
    }

    private func heard(_ version: Int64) {
        latest = max(latest, version)
        tell(latest)
    }

    private func readVersion() {
        loop.run { [self, epoch] in
            while epoch == self.epoch {
                if let version = try? await store.version() {
                    if epoch == self.epoch { heard(version) }
                    return
                }
                try? await loop.sleep(for: .milliseconds(200))
            }
        }
    }
}
