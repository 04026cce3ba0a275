import CoreMetrics

/// Who answers the reads that a replica may answer.
final class ReplicaMetrics {
    let primary: Counter
    let replica: Counter
    /// Of those at the primary, the ones that the replica had failed.
    let fallbacks: Counter

    init(factory: any MetricsFactory = MetricsSystem.factory) {
        let reads = { (role: String) in
            Counter(label: "commerce_postgres_reads_total", dimensions: [("role", role)], factory: factory)
        }
        primary = reads("primary")
        replica = reads("replica")
        fallbacks = Counter(label: "commerce_postgres_replica_fallbacks_total", factory: factory)
    }
}
