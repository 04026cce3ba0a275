import CoreMetrics

/// The metrics of a client; several of a process add up. Confined to its loop.
final class HTTPClientMetrics {
    private let connections: Meter
    private let duration: Timer
    private let answered: [Counter]
    private let failed: [HTTPClientError.Kind: Counter]

    init(client: String, factory: any MetricsFactory = MetricsSystem.factory) {
        let label = [("client", client)]
        connections = Meter(label: "commerce_http_client_connections", dimensions: label, factory: factory)
        duration = Timer(label: "commerce_http_client_request_seconds", dimensions: label, factory: factory)
        let requests = { (outcome: String) in
            Counter(
                label: "commerce_http_client_requests_total", dimensions: label + [("outcome", outcome)], factory: factory)
        }
        answered = ["other", "1xx", "2xx", "3xx", "4xx", "5xx"].map(requests)
        failed = Dictionary(uniqueKeysWithValues: HTTPClientError.Kind.allCases.map { ($0, requests($0.rawValue)) })
    }

    func ended(_ result: Result<HTTPClientResponse, HTTPClientError>, after nanoseconds: UInt64) {
        duration.recordNanoseconds(Int64(clamping: nanoseconds))
        switch result {
        case .success(let response):
            let kind = response.status / 100
            answered[answered.indices.contains(kind) ? kind : 0].increment()
        case .failure(let error): failed[error.kind]?.increment()
        }
    }

    func connectionsChanged(by change: Int) { connections.increment(by: Double(change)) }
}
