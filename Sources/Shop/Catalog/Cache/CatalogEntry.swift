import Compression

/// What the cache holds of one product or one list: the document, and the answer with the stock as last seen.
final class CatalogEntry {
    /// Nil: there is no such thing, and that is remembered for a moment too.
    let document: StockTemplate?
    /// The catalogue's version it was read under.
    let version: Int64
    /// When the document was read, in nanoseconds of the monotonic clock.
    let documentAt: UInt64
    /// When the stock was read.
    private(set) var stockAt: UInt64
    private(set) var answer: CatalogAnswer?
    /// Whether somebody is renewing it.
    var isRenewing = false
    /// Until when it is served as it is because it could not be renewed, in nanoseconds of the monotonic clock.
    var retryAt: UInt64 = 0

    /// What was available when it was read, where it is to be shared once it is asked for again.
    private(set) var owed: [Int]?
    private var isAnswered = false

    /// It is not shared yet.
    func owe(_ available: [Int]) { owed = available }

    /// One more request is answered with it; from the second on it is to be shared, with what is returned.
    func settle() -> [Int]? {
        guard isAnswered else {
            isAnswered = true
            return nil
        }
        defer { owed = nil }
        return owed
    }

    /// What the cache counts it with, in bytes.
    var counted = 0
    private let policy: String
    private let compressor: Gzip?

    /// - Parameter compressor: the loop's; nil: answers are sent as they are
    init(
        document: StockTemplate?, available: [Int], version: Int64, at now: UInt64, policy: String, compressor: Gzip?
    ) {
        self.policy = policy
        self.compressor = compressor
        self.document = document
        self.version = version
        documentAt = now
        stockAt = now
        answer = document.map {
            CatalogAnswer(body: $0.filled(with: available), link: $0.link, policy: policy, compressor: compressor)
        }
        counted = cost
    }

    /// Takes over what is in stock now.
    func refill(_ available: [Int], at now: UInt64) {
        stockAt = now
        guard let document else { return }
        let body = document.filled(with: available)
        // Mostly nothing was sold since: the tag, the fields and the gzip stay as they are.
        if body != answer?.body {
            answer = CatalogAnswer(body: body, link: document.link, policy: policy, compressor: compressor)
        }
    }

    /// Marks the stock as too old to be served without asking, where it was taken over from elsewhere.
    func distrustStock() { stockAt = 0 }

    /// About what it takes in memory, in bytes.
    var cost: Int { (document?.template.count ?? 0) * 2 + 512 + (answer?.compressedSize ?? 0) }
}

/// How far an entry of the cache may still be used.
enum Freshness: Equatable {
    /// Serve it.
    case fresh
    /// Serve it, and renew it meanwhile (RFC 5861 §3).
    case renewing
    /// Renew it first; serve it only where that fails (RFC 5861 §4).
    case stale

    /// - Parameters:
    ///   - age: of the entry, in nanoseconds
    ///   - lifetime: how old it may be served, in nanoseconds; from half of it on it is renewed meanwhile
    init(age: UInt64, lifetime: UInt64) {
        if age < lifetime - lifetime / 2 { self = .fresh } else if age < lifetime { self = .renewing } else { self = .stale }
    }
}
