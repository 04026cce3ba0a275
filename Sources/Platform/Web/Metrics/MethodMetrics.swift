import CoreMetrics

/// The counters of one method of one route.
final class MethodMetrics {
    /// At each hundred of status codes: 2xx, 3xx, 4xx, 5xx.
    private let requests: [Counter]
    private let duration: Timer

    init(_ method: String, route: String, factory: any MetricsFactory) {
        let labels = [("method", method), ("route", route)]
        requests = ["2xx", "3xx", "4xx", "5xx"].map { status in
            Counter(label: "http_server_requests_total", dimensions: labels + [("status", status)], factory: factory)
        }
        duration = Timer(label: "http_server_request_duration_seconds", dimensions: labels, factory: factory)
    }

    func record(status: Int, nanoseconds: Int64) {
        // Handlers answer with final statuses (RFC 9110 §15): there is no other hundred.
        requests[min(max(status / 100, 2), 5) - 2].increment()
        duration.recordNanoseconds(nanoseconds)
    }
}
