import EventLoop
import Web

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

    package init(memory: Int, stockLifetime: Duration, sharedLifetime: Duration) {
        self.memory = memory
        self.stockLifetime = max(1, stockLifetime.nanosecondsClamped)
        self.sharedLifetime = sharedLifetime
        documentLifetime = min(60_000_000_000, sharedLifetime.nanosecondsClamped)
        staleLifetime = max(3_600_000_000_000, sharedLifetime.nanosecondsClamped)
        policy = CachePolicy.catalog(stockLifetime: stockLifetime)
    }

    /// What browsers and content networks are told.
    let policy: String
}

extension CachePolicy {
    /// The catalogue: for everybody, as long as the stock in it may be shown, and as long again while it is fetched anew;
    /// for ten minutes where the shop cannot answer (RFC 5861).
    ///
    /// Without s-maxage: it would forbid content networks both of the latter (RFC 9111 §5.2.2.10).
    package static func catalog(stockLifetime: Duration) -> String {
        let seconds = stockLifetime.components.seconds
        guard seconds > 0 else { return CachePolicy.revalidated }
        return "max-age=\(seconds), stale-while-revalidate=\(seconds), stale-if-error=600"
    }
}
