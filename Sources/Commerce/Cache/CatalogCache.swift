import Compression
import EventLoop
import Formats
import FoundationEssentials
import HTTPServer
import Logging
import RedisClient
import Web

/// The catalogue's answers: in the process for seconds, in Redis for minutes, in PostgreSQL for good.
///
/// - Documents are kept until the catalogue changes: every key carries the catalogue's version, and a write to the
///   catalogue (heard of through NOTIFY) makes all older entries unreachable, in Redis too, even if Redis was away.
///   While that is not heard, documents count as stale.
/// - Stock is kept for a second, then read again for all who ask in one statement.
/// - One flight per key: however many ask, one goes. What is a little old is served while it is renewed, and what
///   cannot be renewed because PostgreSQL is away is served as it was.
///
/// Confined to its loop.
package final class CatalogCache {
    /// What a read of the catalogue brings: the document and what was available of its variants.
    typealias Loaded = (document: StockedDocument, available: [Int])
    /// Reads something of the catalogue; nil where there is none.
    typealias Load = () async throws -> Loaded?

    private let loop: EventLoop
    private let redis: RedisClient?
    private let settings: CatalogCacheSettings
    private let stock: TurnBatch<UUID, Int>
    /// Nil: answers are sent as they are.
    private let compressor: Gzip?
    private let logger: Logger
    private let metrics = CacheMetrics()
    private var entries: GenerationCache<CatalogEntry>
    private var missing: GenerationCache<CatalogEntry>
    private var flights: [String: Promise<CatalogEntry>] = [:]
    /// The catalogue's version as last heard.
    private var version: Int64 = 0
    /// Whether a change of it would be heard.
    private var isListening = false

    init(
        loop: EventLoop, redis: RedisClient?, settings: CatalogCacheSettings, compressor: Gzip?, logger: Logger,
        stock: @escaping ([UUID]) async throws -> [UUID: Int]
    ) {
        self.loop = loop
        self.redis = redis
        self.settings = settings
        self.compressor = compressor
        self.logger = logger
        // Short: where it does not come, the stock as it was is shown.
        self.stock = TurnBatch(loop: loop, patience: .seconds(1), read: stock)
        entries = GenerationCache(budget: settings.memory)
        // Asking for what does not exist must not push out what does.
        missing = GenerationCache(budget: settings.memory / 16)
    }

    /// The catalogue is at this version, and its changes are heard from now on.
    package func catalogIs(at version: Int64) {
        loop.assertInLoop()
        self.version = version
        isListening = true
    }

    /// Changes may be missed from now on.
    package func listeningEnded() {
        loop.assertInLoop()
        isListening = false
    }

    /// The entry for `key` where it can be served as it is; renewed meanwhile where that is due.
    /// - Parameter load: as below, made only where it is needed
    func entryAtHand(_ key: String, load: () -> Load) -> CatalogEntry? {
        guard let entry = entries.value(for: key) ?? missing.value(for: key) else { return nil }
        if loop.now < entry.retryAt {
            metrics.stale.increment()
            return entry
        }
        guard isCurrent(entry) else { return nil }
        switch Freshness(age: age(entry.stockAt), lifetime: settings.stockLifetime) {
        case .fresh: break
        case .renewing: renewMeanwhile(entry, key, load)
        case .stale: return nil
        }
        metrics.hit.increment()
        return entry
    }

    private func renewMeanwhile(_ entry: CatalogEntry, _ key: String, _ load: () -> Load) {
        guard !entry.isRenewing else { return }
        entry.isRenewing = true
        let load = load()
        loop.run { [self] in
            _ = try? await renew(entry, key, load)
            entry.isRenewing = false
        }
    }

    /// The entry for `key`, from the nearest place that has it.
    /// - Parameter load: reads it from PostgreSQL; nil where there is none
    func entry(_ key: String, load: @escaping Load) async throws -> CatalogEntry {
        if let entry = entryAtHand(key, load: { load }) { return entry }
        guard let entry = entries.value(for: key) ?? missing.value(for: key) else {
            metrics.missed.increment()
            return try await fly(key, load)
        }
        // RFC 5861 §4: an old answer is better than none, and than one that takes long.
        guard entry.document != nil, age(entry.documentAt) < settings.staleLifetime else {
            metrics.missed.increment()
            return try await renew(entry, key, load)
        }
        do {
            let renewed = try await Deadline.$current.withValue(Self.patience) { try await renew(entry, key, load) }
            metrics.renewed.increment()
            return renewed
        } catch {
            metrics.stale.increment()
            entry.retryAt = loop.now &+ Self.pause
            return entry
        }
    }

    /// What an entry is to a request for it; nil where it says that there is none.
    /// - Throws: 412 where the caller asks for another version only.
    func answer(_ entry: CatalogEntry, _ key: String, to context: RequestContext) throws -> Response? {
        guard let response = try entry.answer?.answering(context) else { return nil }
        if entry.cost != entry.counted { count(entry, key) }
        return response
    }

    /// Counts an entry anew that has got its gzip, or another.
    private func count(_ entry: CatalogEntry, _ key: String) {
        entry.counted = entry.cost
        // It may have been replaced, or left out as too large.
        guard entries.value(for: key) === entry else { return }
        entries.insert(entry, for: key, cost: key.utf8.count + entry.counted)
    }

    /// How long a caller waits for news where an old answer is at hand.
    private static var patience: Deadline {
        let patience = Deadline.after(.milliseconds(500))
        return Deadline.current.map { min($0, patience) } ?? patience
    }

    /// How long a flight may take.
    private static let flightTime = Duration.seconds(10)

    /// How long an entry that could not be renewed is served before the next try, in nanoseconds.
    private static let pause: UInt64 = 1_000_000_000

    // MARK: Renewing

    private func isCurrent(_ entry: CatalogEntry) -> Bool {
        isListening && entry.version == version && age(entry.documentAt) < settings.documentLifetime
    }

    private func age(_ time: UInt64) -> UInt64 { loop.now > time ? loop.now - time : 0 }

    private func renew(
        _ entry: CatalogEntry, _ key: String, _ load: @escaping Load
    ) async throws -> CatalogEntry {
        guard isCurrent(entry), let document = entry.document else { return try await fly(key, load) }
        entry.refill(try await available(of: document.variants), at: loop.now)
        return entry
    }

    /// Loads under the key's one flight.
    private func fly(_ key: String, _ load: @escaping Load) async throws -> CatalogEntry {
        let deadline = Deadline.current ?? .after(Self.flightTime)
        if let flight = flights[key] { return try await flight.value(by: deadline) }
        let flight = Promise<CatalogEntry>(on: loop)
        flights[key] = flight
        // A task of its own: the first who asked may leave, the others still wait.
        loop.run { [self] in
            // Nor has it the deadline of the first, which may be short.
            await Deadline.$current.withValue(.after(Self.flightTime)) {
                do { flight.succeed(try await fetch(key, load)) } catch { flight.fail(error) }
            }
            flights[key] = nil
        }
        return try await flight.value(by: deadline)
    }

    private func fetch(_ key: String, _ load: Load) async throws -> CatalogEntry {
        let version = version
        if isListening, let shared = await shared(key, version) {
            let entry = keep(key, shared, version)
            do {
                entry.refill(try await available(of: shared.document.variants), at: loop.now)
            } catch {
                // PostgreSQL is away: the stock as it was when the document was kept.
                entry.distrustStock()
            }
            return entry
        }
        do {
            let loaded = try await load()
            if let loaded { share(key, loaded, version) }
            return keep(key, loaded, version)
        } catch {
            guard !isListening, let shared = await shared(key, version) else { throw error }
            let entry = keep(key, shared, version)
            entry.distrustStock()
            return entry
        }
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
            entries.insert(entry, for: key, cost: key.utf8.count + entry.counted)
        }
        return entry
    }

    /// What can be bought of each variant, in their order; 0 for one that is gone.
    private func available(of variants: [UUID]) async throws -> [Int] {
        let found = try await stock.values(for: variants)
        return variants.map { found[$0] ?? 0 }
    }

    // MARK: Redis

    private func shared(_ key: String, _ version: Int64) async -> Loaded? {
        guard let redis, version > 0 else { return nil }
        do {
            guard let bytes = try await redis.get(sharedKey(key, version)), let loaded = StockedDocument.decode(bytes) else {
                metrics.sharedMissed.increment()
                return nil
            }
            metrics.sharedHit.increment()
            return loaded
        } catch {
            metrics.sharedFailed.increment()
            return nil
        }
    }

    private func share(_ key: String, _ loaded: Loaded, _ version: Int64) {
        guard let redis, version > 0, isListening else { return }
        let bytes = loaded.document.encoded(available: loaded.available)
        // Up to a tenth less, so that what was kept together does not end together.
        let lifetime = settings.sharedLifetime * (1 - Double.random(in: 0...0.1))
        loop.run { [self] in try? await redis.set(sharedKey(key, version), bytes, expiresIn: lifetime) }
    }

    private func sharedKey(_ key: String, _ version: Int64) -> String { "commerce:1:\(version):\(key)" }
}
