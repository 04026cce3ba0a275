import CoreMetrics

/// What becomes of the keys of an issuer.
final class IssuerMetrics: Sendable {
    private let done: Counter
    private let failures: Counter
    private let keys: Meter

    init(issuer: String, _ factory: any MetricsFactory = MetricsSystem.factory) {
        let label = [("issuer", issuer)]
        func counter(_ outcome: String) -> Counter {
            Counter(label: "commerce_oidc_key_fetches_total", dimensions: label + [("outcome", outcome)], factory: factory)
        }
        done = counter("done")
        failures = counter("failed")
        keys = Meter(label: "commerce_oidc_keys", dimensions: label, factory: factory)
    }

    func fetched(keys count: Int) {
        done.increment()
        keys.set(Double(count))
    }

    func failed() { failures.increment() }
}
