import EventLoop

/// How much the catalogue's cache of one loop may hold, and for how long.
struct CatalogCacheSettings {
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

    init(memory: Int, stockLifetime: Duration, sharedLifetime: Duration) {
        self.memory = memory
        self.stockLifetime = max(1, stockLifetime.nanosecondsClamped)
        self.sharedLifetime = sharedLifetime
        documentLifetime = min(60_000_000_000, sharedLifetime.nanosecondsClamped)
        staleLifetime = max(3_600_000_000_000, sharedLifetime.nanosecondsClamped)
        let seconds = stockLifetime.components.seconds
        policy = "public, max-age=\(seconds), stale-while-revalidate=\(max(1, seconds)), stale-if-error=600"
    }

    /// What browsers and content networks are told (RFC 9111 §5.2, RFC 5861).
    let policy: String
}
