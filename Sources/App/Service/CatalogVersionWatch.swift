import CSystem
import Catalog
import EventLoop
import Logging
import PostgresClient

/// What is known of the catalogue's version.
enum CatalogVersionEvent: Sendable {
    /// The catalogue has this version, and notifications of changes arrive.
    case current(Int64)
    /// The catalogue had this version at an instant in nanoseconds of the monotonic clock; no notifications arrive.
    case polled(Int64, at: UInt64)
    /// Notifications of changes have ended.
    case lost
}

/// Listens for writes to the catalogue and reports its version. Confined to its loop.
///
/// It also polls the version once a second: if the listener's connection is dead and TCP has not noticed yet, prices are still
/// up to date. While no notifications arrive, it polls twice a second.
final class CatalogVersionWatch {
    /// The channel on which an import or an edit announces the catalogue's new version.
    package static let channel = "catalog"

    private let listener: PostgresListener
    private let store: CatalogStore
    private let loop: EventLoop
    private let report: (CatalogVersionEvent) -> Void
    private var polling: Task<Void, Never>?
    private var isPolling = false
    /// Whether notifications arrive, and the version is known since they do.
    private var isListening = false
    /// The highest version since listening began: a version that was read before a notification may arrive after it.
    private var latest: Int64 = 0
    /// Counts how often listening began or ended. A version that was read in an earlier epoch is out of date.
    private var epoch = 0

    init(
        loop: EventLoop, configuration: PostgresConfiguration, store: CatalogStore, logger: Logger,
        report: @escaping (CatalogVersionEvent) -> Void
    ) {
        self.loop = loop
        self.store = store
        self.report = report
        let relay = Relay()
        listener = PostgresListener(
            loop: loop, configuration: configuration, channels: [Self.channel], logger: logger,
            receive: { relay.watch?.received($0) })
        relay.watch = self
    }

    func start() {
        listener.start()
        polling = loop.run { [self] in
            while !Task.isCancelled {
                try? await loop.sleep(for: .milliseconds(isListening ? 1_000 : 500))
                await poll()
            }
        }
    }

    func close() {
        polling?.cancel()
        listener.close()
    }

    /// Breaks the cycle at initialisation: the listener is made before the watch.
    private final class Relay {
        weak var watch: CatalogVersionWatch?
    }

    private func received(_ event: PostgresListener.Event) {
        switch event {
        // Listening comes first, then reading, so that no change is missed between the two.
        case .listening:
            latest = 0
            epoch += 1
            readVersion()
        case .notification(_, let payload): if let version = Int64(payload) { received(version) } else { readVersion() }
        case .lost:
            epoch += 1
            isListening = false
            report(.lost)
            loop.run { [self] in await poll() }
        }
    }

    private func received(_ version: Int64) {
        isListening = true
        latest = max(latest, version)
        report(.current(latest))
    }

    private func readVersion() {
        loop.run { [self, epoch] in
            while epoch == self.epoch {
                if let version = try? await store.version() {
                    if epoch == self.epoch { received(version) }
                    return
                }
                try? await loop.sleep(for: .milliseconds(200))
            }
        }
    }

    /// Reads the version, one read at a time: an older version must not be reported after a newer one.
    private func poll() async {
        guard !isPolling else { return }
        isPolling = true
        defer { isPolling = false }
        let (epoch, began) = (epoch, csystem_monotonic())
        let version = try? await Deadline.$current.withValue(.after(.seconds(1))) { try await store.version() }
        guard let version, epoch == self.epoch else { return }
        if !isListening { report(.polled(version, at: began)) } else if version > latest { received(version) }
    }
}
