import Compression
import EventLoop
import Formats
import FoundationEssentials
import HTTPServer
import Logging
import RedisClient
import Web

/// The catalogue's responses: in the process's memory for seconds, in Redis for minutes, in PostgreSQL for good.
///
/// - Documents are kept until the catalogue changes. PostgreSQL tells of a change through NOTIFY; then all documents of the older
///   version are out of use. While it cannot tell, a document is as good as the last look at the version is recent.
/// - Stock is kept for a second, and then read again for many documents in one statement.
/// - A document is loaded once at a time (``SingleFlight``), of all processes by one (``SharedDocumentCache``).
/// - A document that is a little old is served while it is renewed. One that cannot be renewed because PostgreSQL is away is
///   served as it was.
///
/// Confined to its loop.
package final class CatalogCache {
    /// What a read of the catalogue brings: the document, and how many pieces of its variants could be bought.
    typealias Loaded = (document: StockTemplate, available: [Int])
    /// Reads something of the catalogue; nil where it does not exist.
    typealias Load = () async throws -> Loaded?

    /// The result of a look-up in the process's memory.
    enum Lookup {
        /// Can be served as it is.
        case usable(CatalogEntry)
        /// Is to be renewed before it is served.
        case stale(CatalogEntry)
        case missing
    }

    private let loop: EventLoop
    private let settings: CatalogCacheSettings
    private let shared: SharedDocumentCache?
    private let flights: SingleFlight<CatalogEntry>
    private let stock: QueryBatcher<UUID, [UUID: Int]>
    /// Nil: responses are sent as they are.
    private let compressor: Gzip?
    private let metrics: CacheMetrics
    private var entries: S3FIFOCache<CatalogEntry>
    /// Names that do not exist, in a cache of their own, so that requests for them do not push out what exists.
    private var missing: S3FIFOCache<CatalogEntry>
    private var budget = SharingBudget()
    private var version = ObservedVersion()

    /// - Parameters:
    ///   - redis: nil: documents are not shared
    ///   - shape: the shape of this release's documents
    ///   - compressor: the loop's; nil: responses are sent as they are
    ///   - stock: reads how many pieces of some variants can be bought
    package init(
        loop: EventLoop, redis: RedisClient?, shape: String, keys: EncryptionKeys, settings: CatalogCacheSettings,
        compressor: Gzip?,
        stock: @escaping ([UUID]) async throws -> [UUID: Int]
    ) {
        let metrics = CacheMetrics()
        self.loop = loop
        self.settings = settings
        self.compressor = compressor
        self.metrics = metrics
        shared = redis.map {
            SharedDocumentCache(
                loop: loop, redis: $0, shape: shape, keys: keys, lifetime: settings.sharedLifetime, metrics: metrics)
        }
        flights = SingleFlight(loop: loop)
        // A short time: if the stock does not come, it is shown as it was.
        self.stock = QueryBatcher(loop: loop, maximum: 200, timeout: .seconds(1), query: stock)
        entries = S3FIFOCache(budget: settings.memory)
        missing = S3FIFOCache(budget: settings.memory / 16)
    }

    // MARK: The version

    /// The catalogue is at this version, and PostgreSQL tells of its changes from now on.
    package func catalogIs(at number: Int64) {
        loop.assertInLoop()
        version.listens(at: number)
    }

    /// A look that began at `instant`, in nanoseconds of the monotonic clock, found the catalogue at this version.
    package func catalogWas(at number: Int64, _ instant: UInt64) {
        loop.assertInLoop()
        version.seen(number, at: instant)
    }

    /// Changes may be missed from now on: nothing is fresh until the version has been looked at.
    ///
    /// Entries stay. If the version proves to be the same they are as good as before, and if PostgreSQL is away they are all that
    /// there is to show.
    package func listeningEnded() {
        loop.assertInLoop()
        version.listeningEnded()
    }

    private var isTrusted: Bool { version.isTrusted(at: loop.now) }

    // MARK: Reading

    /// Looks a key up in the process's memory, without a wait. Renews an entry that is a little old while it is served.
    /// - Parameter load: as for ``entry(_:after:load:)``, made only where it is needed
    func lookUp(_ key: String, load: () -> Load) -> Lookup {
        guard let entry = entries.value(for: key) ?? missing.value(for: key) else { return .missing }
        if loop.now < entry.retryAt {
            metrics.stale.increment()
            return .usable(entry)
        }
        guard isCurrent(entry) else { return .stale(entry) }
        switch stockFreshness(entry) {
        case .fresh: break
        case .renewing: renewInBackground(entry, key, load)
        case .stale: return .stale(entry)
        }
        metrics.hit.increment()
        return .usable(entry)
    }

    /// The entry for a key, from the nearest place that has it.
    /// - Parameters:
    ///   - found: the result of the look-up
    ///   - load: reads it from PostgreSQL; nil where it does not exist
    func entry(_ key: String, after found: Lookup, load: @escaping Load) async throws -> CatalogEntry {
        switch found {
        case .usable(let entry): return entry
        case .missing:
            metrics.missed.increment()
            return try await fetched(key, load)
        case .stale(let entry):
            // RFC 5861 §4: an old response is better than none, and than one that takes long.
            guard entry.document != nil, age(entry.documentAt) < settings.staleLifetime else {
                metrics.missed.increment()
                return try await renew(entry, key, load)
            }
            do {
                let renewed = try await Deadline.$current.withValue(Self.renewalDeadline) { try await renew(entry, key, load) }
                metrics.renewed.increment()
                return renewed
            } catch {
                metrics.stale.increment()
                entry.retryAt = loop.now &+ Self.retryPause
                return entry
            }
        }
    }

    /// The same, with the look-up.
    func entry(_ key: String, load: @escaping Load) async throws -> CatalogEntry {
        try await entry(key, after: lookUp(key, load: { load }), load: load)
    }

    /// The response that an entry gives to a request; nil where the entry says that it does not exist.
    /// - Throws: 412 where the client wants another version only.
    func response(_ entry: CatalogEntry, _ key: String, to context: RequestContext) throws -> Response? {
        guard let response = try entry.response(to: context) else { return nil }
        if entry.cost != entry.cachedCost { recount(entry, key) }
        if entry.unsharedStock != nil, isTrusted { shareAgain(entry, key, context.client) }
        return response
    }

    /// Corrects the cost of an entry whose gzip has been made or dropped.
    private func recount(_ entry: CatalogEntry, _ key: String) {
        entry.cachedCost = entry.cost
        // It may have been replaced, or left out as too large.
        guard entries.peek(key) === entry else { return }
        entries.insert(entry, for: key, cost: key.utf8.count + entry.cachedCost)
    }

    /// How long a client waits for a new response where there is an old one.
    private static var renewalDeadline: Deadline {
        let deadline = Deadline.after(.milliseconds(500))
        return Deadline.current.map { min($0, deadline) } ?? deadline
    }

    /// How long an entry that could not be renewed is served before the next attempt, in nanoseconds.
    private static let retryPause: UInt64 = 1_000_000_000

    // MARK: Renewing

    private func isCurrent(_ entry: CatalogEntry) -> Bool {
        isTrusted && entry.version == version.number && age(entry.documentAt) < settings.documentLifetime
    }

    private func stockFreshness(_ entry: CatalogEntry) -> Freshness {
        Freshness(age: age(entry.stockAt), lifetime: settings.stockLifetime)
    }

    private func age(_ time: UInt64) -> UInt64 { loop.now > time ? loop.now - time : 0 }

    private func renewInBackground(_ entry: CatalogEntry, _ key: String, _ load: () -> Load) {
        guard !entry.isRenewing else { return }
        entry.isRenewing = true
        let load = load()
        loop.run { [self] in
            _ = try? await renew(entry, key, load)
            entry.isRenewing = false
        }
    }

    private func renew(_ entry: CatalogEntry, _ key: String, _ load: @escaping Load) async throws -> CatalogEntry {
        guard isCurrent(entry), let document = entry.document else { return try await fetched(key, instead: entry, load) }
        entry.refill(try await available(of: document.variants), at: loop.now)
        return entry
    }

    /// How many pieces of each variant can be bought, in their order; 0 for one that is gone.
    private func available(of variants: [UUID]) async throws -> [Int] {
        guard !variants.isEmpty else { return [] }
        let found = try await stock.answer(for: variants)
        return variants.map { found[$0] ?? 0 }
    }

    // MARK: Fetching

    /// - Parameter former: the entry that is to be replaced, which is not an answer itself
    private func fetched(
        _ key: String, instead former: CatalogEntry? = nil, _ load: @escaping Load
    ) async throws -> CatalogEntry {
        try await flights.value(key) { [self] in
            // Another load may have ended between the look-up and now.
            if let entry = entries.peek(key) ?? missing.peek(key), entry !== former, isCurrent(entry),
                stockFreshness(entry) != .stale
            {
                return entry
            }
            return try await fetch(key, load)
        }
    }

    /// Reads a document from Redis, or else from PostgreSQL.
    private func fetch(_ key: String, _ load: Load) async throws -> CatalogEntry {
        let version = version.number
        var isClaimed = false
        // Pages and totals of lists, of which there are as many as there are filters, and recommendations are shared once they are
        // requested again. A crawler requests each page once, and would push out of Redis what all others want.
        var isShared = !Self.isOfList(key)
        if isTrusted, let shared {
            switch await shared.lookUp(key, version: version, isCurrent: { version == self.version.number }) {
            case .found(let loaded): return await keepShared(key, loaded, version)
            case .claimed(let awaited):
                isClaimed = true
                // Another process has just read the same, so it is requested often enough.
                if awaited { isShared = true }
            case .unknown: break
            }
        }
        do {
            let loaded = try await load()
            if let loaded, isShared { share(key, loaded, version) }
            // After the document has been stored, or because there is none.
            if isClaimed { shared?.release(key, version: version) }
            let entry = keep(key, loaded, version)
            if let loaded, !isShared, shared != nil { entry.shareLater(loaded.available) }
            return entry
        } catch {
            if isClaimed { shared?.release(key, version: version) }
            guard !isTrusted, let shared, let loaded = try? await shared.document(key, version: version) else { throw error }
            let entry = keep(key, loaded, version)
            entry.distrustStock()
            return entry
        }
    }

    /// Keeps a document from Redis, with the stock of now.
    private func keepShared(_ key: String, _ loaded: Loaded, _ version: Int64) async -> CatalogEntry {
        let entry = keep(key, loaded, version)
        do {
            entry.refill(try await available(of: loaded.document.variants), at: loop.now)
        } catch {
            // PostgreSQL is away: the stock stays as it was when the document was shared.
            entry.distrustStock()
        }
        return entry
    }

    private func keep(_ key: String, _ loaded: Loaded?, _ version: Int64) -> CatalogEntry {
        let entry = CatalogEntry(
            document: loaded?.document, available: loaded?.available ?? [], version: version, at: loop.now,
            policy: settings.policy, compressor: compressor)
        entries.remove(key)
        missing.remove(key)
        if loaded == nil {
            missing.insert(entry, for: key, cost: key.utf8.count + 256)
        } else {
            entries.insert(entry, for: key, cost: key.utf8.count + entry.cachedCost)
        }
        return entry
    }

    // MARK: Sharing

    /// Whether a key is that of a page or a total of a list, or of products chosen for another one.
    static func isOfList(_ key: String) -> Bool { ["l:", "t:", "f:", "r:"].contains { key.hasPrefix($0) } }

    private func share(_ key: String, _ loaded: Loaded, _ version: Int64) {
        guard let shared, isTrusted else { return }
        shared.store(loaded, key, version: version)
    }

    /// Shares a document that was not shared when it was read, as it is requested for the second time.
    private func shareAgain(_ entry: CatalogEntry, _ key: String, _ client: String) {
        guard let available = entry.takeUnsharedStock(), let document = entry.document, entry.version == version.number else {
            return
        }
        guard budget.take(document.template.count, client, at: loop.now) else { return }
        share(key, (document, available), version.number)
    }
}

/// How much the catalogue's cache of one loop may hold, and for how long.
package struct CatalogCacheSettings {
    /// Bytes.
    let memory: Int
    /// How long stock is shown as it was read, in nanoseconds.
    let stockLifetime: UInt64
    /// How long a document stays in the process, in nanoseconds.
    let documentLifetime: UInt64
    /// How long a document may be served that cannot be renewed, in nanoseconds.
    let staleLifetime: UInt64
    /// How long a document stays in Redis.
    let sharedLifetime: Duration
    /// The value of Cache-Control.
    let policy: String

    package init(memory: Int, stockLifetime: Duration, sharedLifetime: Duration) {
        self.memory = memory
        self.stockLifetime = max(1, stockLifetime.nanosecondsClamped)
        self.sharedLifetime = sharedLifetime
        documentLifetime = min(60_000_000_000, sharedLifetime.nanosecondsClamped)
        staleLifetime = max(3_600_000_000_000, sharedLifetime.nanosecondsClamped)
        policy = CachePolicy.catalog(stockLifetime: stockLifetime)
    }
}

extension CachePolicy {
    /// The Cache-Control of the catalogue, the same for every client: a response is good for as long as the stock in it may be
    /// shown, for as long again while a new one is fetched, and for ten minutes where the shop fails (RFC 5861).
    ///
    /// Without s-maxage: it would forbid content networks both of the latter (RFC 9111 §5.2.2.10).
    package static func catalog(stockLifetime: Duration) -> String {
        let seconds = stockLifetime.components.seconds
        guard seconds > 0 else { return CachePolicy.revalidated }
        return "max-age=\(seconds), stale-while-revalidate=\(seconds), stale-if-error=600"
    }
}
