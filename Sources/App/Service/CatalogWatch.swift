import Catalog
import CSystem
import EventLoop
import Logging
import PostgresClient

/// Hears of writes to the catalogue and tells every loop's cache. Confined to its loop.
///
/// Beside listening it looks at the version once a second, so that a listener whose connection is dead without anybody's knowing,
/// for which TCP and the heartbeat need longer, keeps no price from being seen; and twice a second while nobody listens.
final class CatalogWatch {
    /// The channel on which an import or an edit announces the catalogue's new version.
    package static let channel = "catalog"

    private let listener: PostgresListener
    private let store: CatalogStore
    private let loop: EventLoop
    private let tell: (CatalogVersionEvent) -> Void
    private var looking: Task<Void, Never>?
    private var isLooking = false
    /// Whether changes are heard, and the version is known since they are.
    private var isHearing = false
    /// The highest version known since listening began: what was read before a notification may come after it.
    private var latest: Int64 = 0
    /// Counts the times that listening began or ended: a version read in an earlier one says nothing any more.
    private var epoch = 0

    init(
        loop: EventLoop, configuration: PostgresConfiguration, store: CatalogStore, logger: Logger,
        tell: @escaping (CatalogVersionEvent) -> Void
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

    func start() {
        listener.start()
        looking = loop.run { [self] in
            while !Task.isCancelled {
                try? await loop.sleep(for: .milliseconds(isHearing ? 1_000 : 500))
                await look()
            }
        }
    }

    func close() {
        looking?.cancel()
        listener.close()
    }

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
            isHearing = false
            tell(.lost)
            loop.run { [self] in await look() }
        }
    }

    private func heard(_ version: Int64) {
        isHearing = true
        latest = max(latest, version)
        tell(.heard(latest))
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

    /// Reads the version, once at a time: an older answer must not come after a newer one.
    private func look() async {
        guard !isLooking else { return }
        isLooking = true
        defer { isLooking = false }
        let (epoch, began) = (epoch, csystem_monotonic())
        let version = try? await Deadline.$current.withValue(.after(.seconds(1))) { try await store.version() }
        guard let version, epoch == self.epoch else { return }
        if !isHearing { tell(.seen(version, at: began)) } else if version > latest { heard(version) }
    }
}
