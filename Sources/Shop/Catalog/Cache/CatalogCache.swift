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
///   While that is not heard, documents are as good as the last look at the version is new.
/// - Stock is kept for a second, then read again for all who ask in one statement.
/// - One flight per key: however many ask, one goes, of all loops and tasks that Redis connects. What is a little old is
///   served while it is renewed, and what cannot be renewed because PostgreSQL is away is served as it was.
///
/// Confined to its loop.
package final class CatalogCache {
    /// What a read of the catalogue brings: the document and what was available of its variants.
    typealias Loaded = (document: StockTemplate, available: [Int])
    /// Reads something of the catalogue; nil where there is none.
    typealias Load = () async throws -> Loaded?

    private let loop: EventLoop
    private let redis: RedisClient?
    private let seal: SharedEntrySeal
    private let settings: CatalogCacheSettings
    private let stock: QueryBatcher<UUID, Int>
    /// Nil: answers are sent as they are.
    private let compressor: Gzip?
    private let logger: Logger
    private let metrics = CacheMetrics()
    private var entries: S3FIFOCache<CatalogEntry>
    private var missing: S3FIFOCache<CatalogEntry>
    private var budget = SharingBudget()
    private var flights: [String: Promise<CatalogEntry>] = [:]
    /// The catalogue's version as last heard.
    private var version: Int64 = 0
    /// Until when it is taken for the present one, in nanoseconds of the monotonic clock: for ever while a change would be heard.
    private var trustedUntil: UInt64 = 0

    package init(
        loop: EventLoop, redis: RedisClient?, keys: EncryptionKeys, settings: CatalogCacheSettings, compressor: Gzip?,
        logger: Logger,
        stock: @escaping ([UUID]) async throws -> [UUID: Int]
    ) {
        self.loop = loop
        self.redis = redis
        seal = SharedEntrySeal(keys)
        self.settings = settings
        self.compressor = compressor
        self.logger = logger
        // Short: where it does not come, the stock as it was is shown.
        self.stock = QueryBatcher(loop: loop, patience: .seconds(1), read: stock)
        entries = S3FIFOCache(budget: settings.memory)
        // Asking for what does not exist must not push out what does.
        missing = S3FIFOCache(budget: settings.memory / 16)
    }

    /// The catalogue is at this version, and its changes are heard from now on.
    package func catalogIs(at version: Int64) {
        loop.assertInLoop()
        self.version = version
        trustedUntil = .max
    }

    /// The catalogue was found at this version by a look that began at `instant`, in nanoseconds of the monotonic clock.
    package func catalogWas(at version: Int64, _ instant: UInt64) {
        loop.assertInLoop()
        self.version = version
        let (end, overflow) = instant.addingReportingOverflow(Self.trust)
        trustedUntil = max(trustedUntil, overflow ? .max : end)
    }

    /// Changes may be missed from now on: nothing is fresh until the version has been looked at.
    ///
    /// Entries stay. Where the version proves to be the same they are as good as before, and where PostgreSQL is away
    /// altogether they are all there is to show.
    package func listeningEnded() {
        loop.assertInLoop()
        trustedUntil = 0
    }

    /// For how long a look at the version is believed, in nanoseconds.
    static let trust: UInt64 = 1_000_000_000

    /// Whether the version is known.
    private var isTrusted: Bool { loop.now < trustedUntil }

    /// The entry for `key` where it can be served as it is; renewed meanwhile where that is due.
    /// - Parameter load: as below, made only where it is needed
    func entryAtHand(_ key: String, load: () -> Load) -> CatalogEntry? {
        let held = entries.peek(key)
        guard let entry = held?.value ?? missing.value(for: key) else { return nil }
        if loop.now < entry.retryAt {
            if let held { entries.hit(held.place) }
            metrics.stale.increment()
            return entry
        }
        // What cannot be served is counted where it is renewed: one request is one hit.
        guard isCurrent(entry) else { return nil }
        switch Freshness(age: age(entry.stockAt), lifetime: settings.stockLifetime) {
        case .fresh: break
        case .renewing: renewMeanwhile(entry, key, load)
        case .stale: return nil
        }
        if let held { entries.hit(held.place) }
        metrics.hit.increment()
        return entry
    }

    /// Whether something is held for `key`, fresh or not.
    func holds(_ key: String) -> Bool { entries.peek(key) != nil || missing.peek(key) != nil }

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
        if entry.owed != nil, isTrusted { settle(entry, key, context.client) }
        return response
    }

    /// Counts an entry anew that has got its gzip, or another.
    private func count(_ entry: CatalogEntry, _ key: String) {
        entry.counted = entry.cost
        // It may have been replaced, or left out as too large.
        guard entries.peek(key)?.value === entry else { return }
        entries.insert(entry, for: key, cost: key.utf8.count + entry.counted)
    }

    /// How long a caller waits for news where an old answer is at hand.
    private static var patience: Deadline {
        let patience = Deadline.after(.milliseconds(500))
        return Deadline.current.map { min($0, patience) } ?? patience
    }

    /// How many clients are refused before those that wait with them are too.
    private static let mostVerdicts = 4

    /// How long a flight may take.
    private static let flightTime = Duration.seconds(10)

    /// How long an entry that could not be renewed is served before the next try, in nanoseconds.
    private static let pause: UInt64 = 1_000_000_000

    // MARK: Renewing

    private func isCurrent(_ entry: CatalogEntry) -> Bool {
        isTrusted && entry.version == version && age(entry.documentAt) < settings.documentLifetime
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
        var rounds = 0
        while let flight = flights[key] {
            do {
                return try await flight.value(by: deadline)
            } catch let shed as Shed {
                // The verdict was on the client that asked first. The next one asks for itself, and the others wait for that;
                // after a few such verdicts there is too much to do for all of them.
                rounds += 1
                if rounds >= Self.mostVerdicts { throw shed }
            }
        }
        let flight = Promise<CatalogEntry>(on: loop)
        flights[key] = flight
        // A task of its own: the first who asked may leave, the others still wait.
        loop.run { [self] in
            // Nor has it the deadline of the first, which may be short.
            await Deadline.$current.withValue(.after(Self.flightTime)) {
                do {
                    let entry = try await fetch(key, load)
                    flights[key] = nil
                    flight.succeed(entry)
                } catch {
                    flights[key] = nil
                    flight.fail(error)
                }
            }
        }
        return try await flight.value(by: deadline)
    }

    private func fetch(_ key: String, _ load: Load) async throws -> CatalogEntry {
        let version = version
        var isOurs = false
        var isWanted = !Self.isOfList(key)
        if isTrusted {
            switch await askFleet(key, version) {
            case .found(let loaded): return await take(key, loaded, version)
            case .claimed(let isAwaited):
                isOurs = true
                // Another task has just read the same.
                if isAwaited { isWanted = true }
            case .unknown: break
            }
        }
        do {
            let loaded = try await load()
            if let loaded, isWanted { share(key, loaded, version) }
            // Behind what is shared, or because there is nothing to share.
            if isOurs { release(key, version) }
            let entry = keep(key, loaded, version)
            if let loaded, !isWanted, redis != nil { entry.owe(loaded.available) }
            return entry
        } catch {
            if isOurs { release(key, version) }
            guard !isTrusted, let shared = try? await shared(key, version) else { throw error }
            let entry = keep(key, shared, version)
            entry.distrustStock()
            return entry
        }
    }

    /// Keeps what Redis had, with the stock of now.
    private func take(_ key: String, _ shared: Loaded, _ version: Int64) async -> CatalogEntry {
        let entry = keep(key, shared, version)
        do {
            entry.refill(try await available(of: shared.document.variants), at: loop.now)
        } catch {
            // PostgreSQL is away: the stock as it was when the document was kept.
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

    private enum FleetAnswer {
        case found(Loaded)
        /// Redis does not have it, and this process reads it; perhaps after it waited for a task that did not share what it read.
        case claimed(isAwaited: Bool)
        /// Redis says nothing, or the task that reads it takes too long.
        case unknown
    }

    /// What the fleet has of a key, waiting for whoever reads it just now.
    private func askFleet(_ key: String, _ version: Int64) async -> FleetAnswer {
        guard let redis, version > 0 else { return .unknown }
        var wait = FleetWait()
        do {
            while true {
                if let found = try await shared(key, version) { return .found(found) }
                if try await redis.claim(claimKey(key, version), for: FleetWait.claim) {
                    return .claimed(isAwaited: wait.total > .zero)
                }
                if wait.total == .zero { metrics.sharedAwaited.increment() }
                // What comes under an older version is of no use any more.
                guard version == self.version, let pause = wait.pause(chance: .random(in: 0...1)) else { return .unknown }
                try await loop.sleep(for: pause)
            }
        } catch {
            return .unknown
        }
    }

    /// Nil where Redis has nothing.
    /// - Throws: where it does not answer.
    private func shared(_ key: String, _ version: Int64) async throws -> Loaded? {
        guard let redis, version > 0 else { return nil }
        do {
            let name = sharedKey(key, version)
            guard let bytes = try await redis.get(name), let entry = seal.open(bytes, as: name),
                let loaded = StockTemplate.decode(entry)
            else {
                metrics.sharedMissed.increment()
                return nil
            }
            metrics.sharedHit.increment()
            return loaded
        } catch {
            metrics.sharedFailed.increment()
            throw error
        }
    }

    private func share(_ key: String, _ loaded: Loaded, _ version: Int64) {
        guard let redis, version > 0, isTrusted else { return }
        let name = sharedKey(key, version)
        let bytes = seal.seal(loaded.document.encoded(available: loaded.available), as: name)
        // Up to a tenth less, so that what was kept together does not end together.
        let lifetime = settings.sharedLifetime * (1 - Double.random(in: 0...0.1))
        loop.run { try? await redis.set(name, bytes, expiresIn: lifetime) }
    }

    /// Pages and totals of lists, of which there are as many as there are filters.
    static func isOfList(_ key: String) -> Bool { key.hasPrefix("l:") || key.hasPrefix("t:") }

    /// Shares what was not shared when it was read: it is asked for once more. A crawler asks for each page once, and would
    /// push out of Redis what all others want.
    private func settle(_ entry: CatalogEntry, _ key: String, _ client: String) {
        guard let available = entry.settle(), let document = entry.document, entry.version == version else { return }
        guard budget.take(document.template.count, client, at: loop.now) else { return }
        share(key, (document, available), version)
    }

    /// Lets others read what we claimed. Where our claim has run out it may be another's by now, who then is not alone: no harm.
    private func release(_ key: String, _ version: Int64) {
        guard let redis else { return }
        loop.run { [self] in try? await redis.delete([claimKey(key, version)]) }
    }

    private func sharedKey(_ key: String, _ version: Int64) -> String { "commerce:2:\(version):\(key)" }
    private func claimKey(_ key: String, _ version: Int64) -> String { "commerce:2:\(version):claim:\(key)" }
}

/// How much of Redis one client can fill with pages of lists: a pure value.
///
/// Filters are as many as one likes, and a page of 100 products has 40 KB. By the minute, as what lies there lasts for minutes.
struct SharingBudget {
    /// Bytes for one client in a minute.
    static let bytes = 4 << 20
    /// Clients that are told apart; of more, nothing is shared until the next minute.
    static let clients = 10_000
    private static let window: UInt64 = 60_000_000_000

    private var began: UInt64 = 0
    private var used: [String: Int] = [:]

    /// Takes what a document needs, if that is left.
    mutating func take(_ count: Int, _ client: String, at now: UInt64) -> Bool {
        if now < began || now - began >= Self.window || used.isEmpty {
            began = now
            used.removeAll(keepingCapacity: true)
        }
        let sum = (used[client] ?? 0) + count
        guard sum <= Self.bytes, used[client] != nil || used.count < Self.clients else { return false }
        used[client] = sum
        return true
    }
}
