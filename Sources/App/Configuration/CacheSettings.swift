/// The cache of the catalogue.
package struct CacheSettings: Sendable {
    /// Whether both layers are on, the one in the process and Redis.
    package let isOn: Bool
    /// The size of the layer in the process, over all loops, in bytes.
    package let memory: Int
    /// How long an entry lives in Redis.
    package let lifetime: Duration
    /// How long a stock level may be shown after it was read.
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
