import Prometheus

extension MetricDescription {
    /// All that the service counts, with what it means. What is only found out when it is read describes itself.
    static let all = [
        MetricDescription("http_server_connections_accepted_total", "Connections that were accepted."),
        MetricDescription(
            "http_server_connections_refused_total",
            "Connections that were answered 503 at once, by what there were too many or too few of."),
        MetricDescription("http_server_parse_errors_total", "Requests that could not be read, by what was wrong."),
        MetricDescription("http_server_problems_total", "Problem details that were the answer, by their code."),
        MetricDescription(
            "http_server_request_duration_seconds",
            "Time from a request's last byte to its answer, by method and route's template."),
        MetricDescription("http_server_requests_total", "Requests answered, by method, route's template and class of status."),
        MetricDescription("http_server_response_bytes_total", "Bytes of answers that were sent, heads included."),
        MetricDescription("http_server_timeouts_total", "Clients that were too slow, by in what."),
    ]
}
