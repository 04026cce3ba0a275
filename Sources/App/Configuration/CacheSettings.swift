/// What is kept ready of the catalogue, and for how long.
package struct CacheSettings: Sendable {
    /// Both layers, the process's own and Redis.
    package let isOn: Bool
    /// Bytes of the process's own layer, over all loops.
    package let memory: Int
    /// How long an entry lives in Redis.
    package let lifetime: Duration
    /// How long a stock level may be shown.
    package let stockLifetime: Duration

    init(_ reader: inout SettingsReader) {
        isOn = reader.read("CACHE", .switched, default: true, "Caches catalogue responses in the process and in Redis")
        memory = reader.read(
            "CACHE_MEMORY", .size(0...(64 << 30)), default: 16 << 20, "Memory of the cache in the process")
        lifetime = reader.read(
            "CACHE_TTL", .duration(.seconds(1) ... .seconds(7 * 86_400)), default: .seconds(300),
            "Maximum age of a cached response; changes of the catalogue end it earlier")
        stockLifetime = reader.read(
            "STOCK_TTL", .duration(.zero ... .seconds(3_600)), default: .seconds(1),
            "Maximum age of the stock that shoppers see; an order always checks the current stock")
    }
}
