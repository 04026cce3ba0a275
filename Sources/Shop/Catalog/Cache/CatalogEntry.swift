import Compression
import HTTPServer
import HTTPTypes
import Web

/// A document in the process's memory, and the response that shows it with the stock as last read. Confined to its loop.
final class CatalogEntry {
    /// Nil: there is no such product or category. That is remembered for a moment too.
    let document: StockTemplate?
    /// The catalogue's version it was read under.
    let version: Int64
    /// When the document was read, in nanoseconds of the monotonic clock.
    let documentAt: UInt64
    /// When the stock was read.
    private(set) var stockAt: UInt64
    /// Whether it is being renewed while it is served.
    var isRenewing = false
    /// Until when it is served as it is because it could not be renewed, in nanoseconds of the monotonic clock.
    var retryAt: UInt64 = 0

    /// All header fields but the tag and those of the coding: written once, not for every request.
    private let fields: HeaderBlock
    private var plain: Representation?
    /// The response that leads to the present slug. It has no tag: conditions hold for what the other path shows (RFC 9110 §13.2.1).
    private let redirect: Response?
    /// The loop's compressor; nil: nothing is compressed.
    private let compressor: Gzip?
    private var gzip = GzipState.notTried

    private enum GzipState {
        case notTried, notWorthIt
        case made(Representation)
    }

    /// - Parameters:
    ///   - policy: the value of Cache-Control
    ///   - compressor: the loop's; nil: responses are sent as they are
    init(
        document: StockTemplate?, available: [Int], version: Int64, at now: UInt64, policy: String, compressor: Gzip?
    ) {
        self.document = document
        self.version = version
        self.compressor = compressor
        documentAt = now
        stockAt = now
        if let document {
            var fields = Response.json(bytes: []).with(.cacheControl, policy).headers
            // A longer field could push the head over the limit of load balancers; the cursor is in the body too.
            if let link = document.link, link.utf8.count <= 8_192 { fields.append(.link, link) }
            if let location = document.location {
                fields.append(.location, location)
                redirect = Response(.movedPermanently, headers: fields, body: document.template)
            } else {
                redirect = nil
            }
            self.fields = fields
            plain = Self.plain(document.filled(with: available), fields, compressor)
        } else {
            fields = HeaderBlock()
            redirect = nil
        }
        cachedCost = cost
    }

    private static func plain(_ body: [UInt8], _ fields: HeaderBlock, _ compressor: Gzip?) -> Representation {
        Representation(body, tag: EntityTag(of: body), fields: fields, isCoded: compressor != nil)
    }

    /// The body without a coding; nil where there is no such product or category.
    var body: [UInt8]? { plain?.response.body }

    /// The response, or 304 where the client has it already (RFC 9110 §13.1.2); nil where there is no such product or category.
    /// - Throws: 412 where the client wants another version only.
    func response(to context: RequestContext) throws(Problem) -> Response? {
        guard let plain else { return nil }
        if let redirect { return redirect }
        return try context.answer(plain, isCoded: compressor != nil) { compressed(plain) }
    }

    /// The gzip, made for the first client that accepts it.
    private func compressed(_ plain: Representation) -> Representation? {
        switch gzip {
        case .made(let representation): return representation
        case .notWorthIt: return nil
        case .notTried:
            guard let bytes = compressor?.compress(plain.response.body) else {
                gzip = .notWorthIt
                return nil
            }
            let representation = Representation(gzip: bytes, tag: plain.tag, fields: fields)
            gzip = .made(representation)
            return representation
        }
    }

    /// Takes over the stock of now.
    func refill(_ available: [Int], at now: UInt64) {
        stockAt = now
        guard let document else { return }
        let body = document.filled(with: available)
        // Mostly nothing was sold since: the tag, the fields and the gzip stay as they are.
        guard body != self.body else { return }
        plain = Self.plain(body, fields, compressor)
        gzip = .notTried
    }

    /// Marks the stock as too old to be served before it is read again, where the document comes from another process.
    func distrustStock() { stockAt = 0 }

    // MARK: Cost

    /// About how many bytes of memory it takes.
    var cost: Int {
        let compressed = if case .made(let representation) = gzip { representation.response.body.count } else { 0 }
        return (document?.template.count ?? 0) * 2 + 512 + compressed
    }

    /// The cost that the cache has counted for it.
    var cachedCost = 0

    // MARK: Sharing on the second request

    /// The stock as it was read, while the document waits to be shared.
    private(set) var unsharedStock: [Int]?
    private var isRequested = false

    /// Shares it only once it is requested again.
    func shareLater(_ available: [Int]) { unsharedStock = available }

    /// Notes a request. From the second on it is to be shared, once, with the stock that is returned.
    func takeUnsharedStock() -> [Int]? {
        guard isRequested else {
            isRequested = true
            return nil
        }
        defer { unsharedStock = nil }
        return unsharedStock
    }
}

/// How far an entry of the cache may still be used.
enum Freshness: Equatable {
    /// Serve it.
    case fresh
    /// Serve it, and renew it in the background (RFC 5861 §3).
    case renewing
    /// Renew it first; serve it only where that fails (RFC 5861 §4).
    case stale

    /// - Parameters:
    ///   - age: of the entry, in nanoseconds
    ///   - lifetime: how old it may be served, in nanoseconds; from half of it on it is renewed in the background
    init(age: UInt64, lifetime: UInt64) {
        if age < lifetime - lifetime / 2 { self = .fresh } else if age < lifetime { self = .renewing } else { self = .stale }
    }
}
