import CoreMetrics

/// How many requests each layer of the catalogue's cache answers.
final class CacheMetrics {
    // The process's memory.
    let hit: Counter
    /// An old response was served, since no newer one came in time.
    let stale: Counter
    /// An entry was renewed before it was served.
    let renewed: Counter
    let missed: Counter
    // Redis.
    let sharedHit: Counter
    let sharedMissed: Counter
    let sharedFailed: Counter
    /// Another process was reading the document already.
    let sharedAwaited: Counter

    init(factory: any MetricsFactory = MetricsSystem.factory) {
        let counter = { (layer: String, outcome: String) in
            Counter(
                label: "commerce_cache_requests_total", dimensions: [("layer", layer), ("outcome", outcome)],
                factory: factory)
        }
        hit = counter("process", "hit")
        stale = counter("process", "stale")
        renewed = counter("process", "renewed")
        missed = counter("process", "miss")
        sharedHit = counter("redis", "hit")
        sharedMissed = counter("redis", "miss")
        sharedFailed = counter("redis", "failed")
        sharedAwaited = counter("redis", "awaited")
    }
}
