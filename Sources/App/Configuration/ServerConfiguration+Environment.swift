import EventLoop
import HTTPServer

extension ServerConfiguration {
    /// The limits and timeouts of the HTTP server: its defaults, with the environment's settings over them. Address, TLS and
    /// clients are added by ``Configuration/httpServer(certificates:)``.
    init(_ reader: inout SettingsReader) {
        self.init()
        limits.body = reader.read(
            "HTTP_MAX_BODY", .size(1_024...(1 << 30)), default: limits.body,
            "Maximum request body, then 413; most operations allow less")
        limits.requestLine = reader.read(
            "HTTP_MAX_REQUEST_LINE", .size(8_192...(1 << 20)), default: limits.requestLine, "Maximum request line, then 414")
        limits.header = reader.read(
            "HTTP_MAX_HEADER", .size(1_024...(1 << 20)), default: limits.header, "Maximum size of a header field, then 431")
        limits.headers = reader.read(
            "HTTP_MAX_HEADERS", .size(1_024...(1 << 22)), default: limits.headers,
            "Maximum size of all header fields of a request, then 431")
        limits.fields = reader.read(
            "HTTP_MAX_FIELDS", .integer(8...10_000), default: limits.fields,
            "Maximum number of header fields of a request, then 431")
        maximumResponseHead = reader.read(
            "HTTP_MAX_REPLY_HEADERS", .size(1_024...(1 << 20)), default: maximumResponseHead,
            "Maximum size of all header fields of a response, then 500; the load balancer's limit")
        maximumConnections = reader.read(
            "HTTP_MAX_CONNECTIONS", .integer(1...1_000_000), default: maximumConnections,
            "Maximum concurrent connections; near it, idle connections of the client that has the most are closed")
        maximumRateLimitedResponses = reader.read(
            "HTTP_MAX_REFUSALS", .integer(0...1_000_000), default: maximumRateLimitedResponses,
            "A connection closes after this many consecutive 429; 0 keeps it open")
        // The server itself has no such limit: it does not know which addresses are proxies.
        maximumConnectionsPerClient = reader.read(
            "HTTP_MAX_CONNECTIONS_PER_CLIENT", .integer(1...1_000_000), default: 500,
            "Maximum connections of one client (IPv4 address, IPv6 /64), then 429; not for TRUSTED_PROXIES, and off "
                + "with RATE_LIMIT=off"
        )
        bufferMemory =
            reader.read(
                optional: "HTTP_BUFFER_MEMORY", .size((1 << 20)...(1 << 40)),
                shownDefault: "an eighth of the memory, at least 16MiB",
                "Maximum memory for unfinished requests, bodies and unread responses; beyond it, connections that hold "
                    + "much memory for a long time get 503 or are closed"
            )
            ?? max(16 << 20, UsableMemory.bytes() / 8)
        idleTimeout = reader.read(
            "HTTP_IDLE_TIMEOUT", .duration(.seconds(1) ... .seconds(3_600)), default: idleTimeout,
            "Idle connections close after this time; it must be longer than the load balancer's idle timeout")
        headerTimeout = reader.read(
            "HTTP_HEADER_TIMEOUT", .duration(.milliseconds(100) ... .seconds(300)), default: headerTimeout,
            "Maximum time to receive a request's head")
        writeTimeout = reader.read(
            "HTTP_WRITE_TIMEOUT", .duration(.milliseconds(100) ... .seconds(300)), default: writeTimeout,
            "A connection closes if its client reads nothing of the response for this time")
        bodyTimeout = reader.read(
            "REQUEST_TIMEOUT", .duration(.milliseconds(100) ... .seconds(3_600)), default: bodyTimeout,
            "Maximum time to handle a request, then 503; maximum time to receive its body, then 408")
        minimumRate = reader.read(
            "HTTP_MIN_BODY_RATE", .size(0...(1 << 20)), default: minimumRate,
            "Minimum rate of a request body, in bytes per second over any 5 s; 0 is no limit")
    }
}
