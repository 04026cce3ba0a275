import EventLoop
import Formats
import FoundationEssentials
import RedisClient
import Web

/// The catalogue's documents in Redis, for all processes. Confined to its loop.
///
/// Every key carries the shape of the documents and the catalogue's version. So a release never reads or
/// overwrites documents of another shape, and a write to the catalogue makes all older documents unreachable, even if Redis was
/// away when it happened.
///
/// A process that misses a document claims it (SET NX PX) before it reads PostgreSQL; the other processes wait for it. So
/// of all processes one reads.
final class SharedDocumentCache {
    private let loop: EventLoop
    private let redis: RedisClient
    private let shape: String
    private let seal: DocumentSeal
    private let lifetime: Duration
    private let metrics: CacheMetrics

    /// - Parameters:
    ///   - shape: what distinguishes documents of this release from those of releases with other members
    ///   - keys: prove that an entry comes from this service
    ///   - lifetime: how long a document stays
    init(
        loop: EventLoop, redis: RedisClient, shape: String, keys: EncryptionKeys, lifetime: Duration, metrics: CacheMetrics
    ) {
        self.loop = loop
        self.redis = redis
        self.shape = shape
        seal = DocumentSeal(keys)
        self.lifetime = lifetime
        self.metrics = metrics
    }

    /// The result of a look-up.
    enum Lookup {
        case found(CatalogCache.Loaded)
        /// Redis does not have it, and this process is to read it.
        /// - Parameter awaited: whether another process has read the same just now without sharing it
        case claimed(awaited: Bool)
        /// Redis does not answer, or the process that reads it takes too long.
        case unknown
    }

    /// Looks a document up, and waits for the process that reads it just now.
    /// - Parameter isCurrent: whether the catalogue still has this version; documents of an older one are of no use
    func lookUp(_ key: String, version: Int64, isCurrent: () -> Bool) async -> Lookup {
        guard version > 0 else { return .unknown }
        var wait = ClaimBackoff()
        do {
            while true {
                if let found = try await document(key, version: version) { return .found(found) }
                if try await redis.setIfAbsent(Self.claimName(key, version, shape: shape), expiresIn: ClaimBackoff.claim) {
                    return .claimed(awaited: wait.total > .zero)
                }
                if wait.total == .zero { metrics.sharedAwaited.increment() }
                guard isCurrent(), let pause = wait.pause(jitter: .random(in: 0...1)) else { return .unknown }
                try await loop.sleep(for: pause)
            }
        } catch {
            return .unknown
        }
    }

    /// A document, with the stock as it was; nil where Redis has none.
    /// - Throws: where Redis does not answer.
    func document(_ key: String, version: Int64) async throws -> CatalogCache.Loaded? {
        guard version > 0 else { return nil }
        do {
            let name = Self.name(key, version, shape: shape)
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

    /// Stores a document, without a wait.
    func store(_ loaded: CatalogCache.Loaded, _ key: String, version: Int64) {
        guard version > 0 else { return }
        let name = Self.name(key, version, shape: shape)
        let bytes = seal.seal(loaded.document.encoded(available: loaded.available), as: name)
        // Up to a tenth less, so that documents stored together do not expire together.
        let lifetime = lifetime * (1 - Double.random(in: 0...0.1))
        loop.run { [redis] in try? await redis.set(name, bytes, expiresIn: lifetime) }
    }

    /// Gives a claim back, without a wait. If it has expired, another process may hold it by now; then two processes read, which
    /// does no harm.
    func release(_ key: String, version: Int64) {
        loop.run { [redis, shape] in try? await redis.delete([Self.claimName(key, version, shape: shape)]) }
    }

    /// The key of a document in Redis.
    static func name(_ key: String, _ version: Int64, shape: String) -> String { "commerce:\(shape):\(version):\(key)" }
    static func claimName(_ key: String, _ version: Int64, shape: String) -> String {
        "commerce:\(shape):\(version):claim:\(key)"
    }
}

/// How long a process waits for the one that has claimed a document: a pure value.
///
/// The first pause is short, since a read takes milliseconds; each further one is twice as long. The sum is no longer than a claim
/// lasts: the process that holds it may have died.
struct ClaimBackoff {
    /// How long a claim lasts.
    static let claim = Duration.milliseconds(250)
    private static let first = Duration.milliseconds(4)

    private var next = ClaimBackoff.first
    private(set) var total = Duration.zero

    /// The next pause; nil once the sum has reached the time of a claim.
    /// - Parameter jitter: from 0 to 1, so that those that wait do not all look at the same time
    mutating func pause(jitter: Double) -> Duration? {
        guard total < Self.claim else { return nil }
        let pause = min(next * (0.75 + min(max(0, jitter), 1) / 2), Self.claim - total)
        next = next * 2
        total += pause
        return pause
    }
}

/// Proves that an entry in Redis was put there by this service, and under that name. Another writer to Redis cannot make the
/// shop show its prices or links.
struct DocumentSeal: Sendable {
    private static let length = SHA256.length

    private let key: AuthenticationKey

    init(_ keys: EncryptionKeys) { key = keys.authentication(for: EncryptionKeys.Purpose("entries of the shared cache")) }

    /// The bytes to keep under a name: the entry and its code (HMAC-SHA-256).
    func seal(_ entry: [UInt8], as name: String) -> [UInt8] { entry + key.code(Self.named(entry, name)) }

    /// The entry that was kept under a name; nil for bytes of another key, or of another name.
    func open(_ sealed: [UInt8], as name: String) -> [UInt8]? {
        guard sealed.count > Self.length else { return nil }
        let entry = Array(sealed.dropLast(Self.length))
        return key.isValid(sealed.suffix(Self.length), for: Self.named(entry, name)) ? entry : nil
    }

    /// The length of the name comes last, so that no other entry and name make the same message.
    private static func named(_ entry: [UInt8], _ name: String) -> [UInt8] {
        var message = entry
        message.reserveCapacity(entry.count + name.utf8.count + 4)
        message.append(contentsOf: name.utf8)
        let count = UInt32(clamping: name.utf8.count)
        for shift in [24, 16, 8, 0] as [UInt32] { message.append(UInt8(truncatingIfNeeded: count >> shift)) }
        return message
    }
}

/// How much of Redis one client can fill with pages of lists: a pure value.
///
/// There are as many filters as a client likes, and a page of 100 products has 40 KB. The budget is for a minute, as a document
/// lasts for minutes.
struct SharingBudget {
    /// Bytes for one client in a minute.
    static let bytes = 4 << 20
    /// How many clients are told apart. Pages of further clients are not shared until the next minute.
    static let clients = 10_000
    private static let window: UInt64 = 60_000_000_000

    private var began: UInt64 = 0
    private var used: [String: Int] = [:]

    /// Takes the bytes of a document, if the client has so many left.
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
