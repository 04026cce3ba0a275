import CoreMetrics

/// Where answers of the catalogue come from.
final class CacheMetrics {
    /// What the process's own layer had of what was asked for.
    let hit: Counter
    /// An old answer, served since no newer could be had in time.
    let stale: Counter
    /// There, and renewed before it was served.
    let renewed: Counter
    let missed: Counter
    /// What Redis had.
    let sharedHit: Counter
    let sharedMissed: Counter
    let sharedFailed: Counter
    /// What another was reading already.
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
