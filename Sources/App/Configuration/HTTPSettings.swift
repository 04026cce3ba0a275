import EventLoop

/// What one client may ask of the server. The numbers are those of the HTTP server itself.
package struct HTTPSettings: Sendable {
    package let maxBody: Int
    package let maxRequestLine: Int
    package let maxHeader: Int
    package let maxHeaders: Int
    package let maxFields: Int
    package let maxReplyHeaders: Int
    package let maxConnections: Int
    /// 429 in a row before a connection closes.
    package let maxRefusals: Int
    package let maxConnectionsPerClient: Int
    /// All that is kept for clients.
    package let bufferMemory: Int
    package let idleTimeout: Duration
    package let headerTimeout: Duration
    package let writeTimeout: Duration
    package let requestTimeout: Duration
    /// Bytes a second below which a body is too slow.
    package let minBodyRate: Int

    init(_ reader: inout SettingsReader) {
        maxBody = reader.read(
            "HTTP_MAX_BODY", .size(1_024...(1 << 30)), default: 1 << 20,
            "Maximum request body, then 413; most operations allow less")
        maxRequestLine = reader.read(
            "HTTP_MAX_REQUEST_LINE", .size(8_192...(1 << 20)), default: 16 << 10, "Maximum request line, then 414")
        maxHeader = reader.read(
            "HTTP_MAX_HEADER", .size(1_024...(1 << 20)), default: 16 << 10, "Maximum size of a header field, then 431")
        maxHeaders = reader.read(
            "HTTP_MAX_HEADERS", .size(1_024...(1 << 22)), default: 64 << 10,
            "Maximum size of all header fields of a request, then 431")
        maxFields = reader.read(
            "HTTP_MAX_FIELDS", .integer(8...10_000), default: 100, "Maximum number of header fields of a request, then 431")
        maxReplyHeaders = reader.read(
            "HTTP_MAX_REPLY_HEADERS", .size(1_024...(1 << 20)), default: 32 << 10,
            "Maximum size of all header fields of a response, then 500; the load balancer's limit")
        maxConnections = reader.read(
            "HTTP_MAX_CONNECTIONS", .integer(1...1_000_000), default: 10_000,
            "Maximum concurrent connections; near it, idle connections of the client that has the most are closed")
        maxRefusals = reader.read(
            "HTTP_MAX_REFUSALS", .integer(0...1_000_000), default: 20,
            "A connection closes after this many consecutive 429; 0 keeps it open")
        maxConnectionsPerClient = reader.read(
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
            "HTTP_IDLE_TIMEOUT", .duration(.seconds(1) ... .seconds(3_600)), default: .seconds(75),
            "Idle connections close after this time; it must be longer than the load balancer's idle timeout")
        headerTimeout = reader.read(
            "HTTP_HEADER_TIMEOUT", .duration(.milliseconds(100) ... .seconds(300)), default: .seconds(10),
            "Maximum time to receive a request's head")
        writeTimeout = reader.read(
            "HTTP_WRITE_TIMEOUT", .duration(.milliseconds(100) ... .seconds(300)), default: .seconds(20),
            "A connection closes if its client reads nothing of the response for this time")
        requestTimeout = reader.read(
            "REQUEST_TIMEOUT", .duration(.milliseconds(100) ... .seconds(3_600)), default: .seconds(30),
            "Maximum time to handle a request, then 503; maximum time to receive its body, then 408")
        minBodyRate = reader.read(
            "HTTP_MIN_BODY_RATE", .size(0...(1 << 20)), default: 512,
            "Minimum rate of a request body, in bytes per second over any 5 s; 0 is no limit")
    }
}
