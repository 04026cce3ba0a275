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
            "Largest request body of any call, then 413; most calls take less")
        maxRequestLine = reader.read(
            "HTTP_MAX_REQUEST_LINE", .size(8_192...(1 << 20)), default: 16 << 10, "Longest request line, then 414")
        maxHeader = reader.read("HTTP_MAX_HEADER", .size(1_024...(1 << 20)), default: 16 << 10, "Longest header field, then 431")
        maxHeaders = reader.read(
            "HTTP_MAX_HEADERS", .size(1_024...(1 << 22)), default: 64 << 10, "All header fields of a request, then 431")
        maxFields = reader.read(
            "HTTP_MAX_FIELDS", .integer(8...10_000), default: 100, "Most header fields of a request, then 431")
        maxReplyHeaders = reader.read(
            "HTTP_MAX_REPLY_HEADERS", .size(1_024...(1 << 20)), default: 32 << 10,
            "All header fields of a reply, then 500; what the load balancer takes")
        maxConnections = reader.read(
            "HTTP_MAX_CONNECTIONS", .integer(1...1_000_000), default: 10_000,
            "Most connections at a time; near it, idle connections of the client with the most are closed")
        maxRefusals = reader.read(
            "HTTP_MAX_REFUSALS", .integer(0...1_000_000), default: 20,
            "A connection closes after this many 429 in a row; 0 keeps it open")
        maxConnectionsPerClient = reader.read(
            "HTTP_MAX_CONNECTIONS_PER_CLIENT", .integer(1...1_000_000), default: 500,
            "Most connections of one client (IPv4 address, IPv6 /64), then 429; those of TRUSTED_PROXIES do not count, and with RATE_LIMIT=off none do"
        )
        bufferMemory =
            reader.read(
                optional: "HTTP_BUFFER_MEMORY", .size((1 << 20)...(1 << 40)),
                shownDefault: "an eighth of the memory, 16MiB or more",
                "Most memory that is kept for clients: unfinished requests, bodies, answers not taken; beyond it, the connections that hold most for longest get 503 or are closed"
            )
            ?? max(16 << 20, UsableMemory.bytes() / 8)
        idleTimeout = reader.read(
            "HTTP_IDLE_TIMEOUT", .duration(.seconds(1) ... .seconds(3_600)), default: .seconds(75),
            "An idle connection closes after this time; it must be longer than the load balancer's")
        headerTimeout = reader.read(
            "HTTP_HEADER_TIMEOUT", .duration(.milliseconds(100) ... .seconds(300)), default: .seconds(10),
            "Longest time for a request's head to arrive")
        writeTimeout = reader.read(
            "HTTP_WRITE_TIMEOUT", .duration(.milliseconds(100) ... .seconds(300)), default: .seconds(20),
            "A connection closes when its client reads nothing of its answer for this time")
        requestTimeout = reader.read(
            "REQUEST_TIMEOUT", .duration(.milliseconds(100) ... .seconds(3_600)), default: .seconds(30),
            "Longest handling of a request, then 503; longest time for its body to arrive, then 408")
        minBodyRate = reader.read(
            "HTTP_MIN_BODY_RATE", .size(0...(1 << 20)), default: 512,
            "Slowest body, in bytes a second over any 5s; 0 is without limit")
    }
}
