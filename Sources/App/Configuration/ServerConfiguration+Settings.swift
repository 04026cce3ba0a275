import EventLoop
import HTTPServer

extension ServerConfiguration {
    /// The limits and timeouts of the HTTP server: its defaults, with the environment's settings over them. Address, TLS and
    /// clients are added by ``Configuration/httpServer(certificates:)``.
    init(_ reader: inout SettingsReader) {
        self.init()
        limits.body = reader.read(
            "HTTP_MAX_BODY", .size(1_024...(1 << 30)), default: limits.body,
            "Largest request body of any call, then 413; most calls take less")
        limits.requestLine = reader.read(
            "HTTP_MAX_REQUEST_LINE", .size(8_192...(1 << 20)), default: limits.requestLine, "Longest request line, then 414")
        limits.header = reader.read(
            "HTTP_MAX_HEADER", .size(1_024...(1 << 20)), default: limits.header, "Longest header field, then 431")
        limits.headers = reader.read(
            "HTTP_MAX_HEADERS", .size(1_024...(1 << 22)), default: limits.headers, "All header fields of a request, then 431")
        limits.fields = reader.read(
            "HTTP_MAX_FIELDS", .integer(8...10_000), default: limits.fields, "Most header fields of a request, then 431")
        maximumResponseHead = reader.read(
            "HTTP_MAX_REPLY_HEADERS", .size(1_024...(1 << 20)), default: maximumResponseHead,
            "All header fields of a reply, then 500; what the load balancer takes")
        maximumConnections = reader.read(
            "HTTP_MAX_CONNECTIONS", .integer(1...1_000_000), default: maximumConnections,
            "Most connections at a time; near it, idle connections of the client with the most are closed")
        maximumRateLimitedResponses = reader.read(
            "HTTP_MAX_REFUSALS", .integer(0...1_000_000), default: maximumRateLimitedResponses,
            "A connection closes after this many 429 in a row; 0 keeps it open")
        // The server itself has no such limit: it does not know which addresses are proxies.
        maximumConnectionsPerClient = reader.read(
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
            "HTTP_IDLE_TIMEOUT", .duration(.seconds(1) ... .seconds(3_600)), default: idleTimeout,
            "An idle connection closes after this time; it must be longer than the load balancer's")
        headerTimeout = reader.read(
            "HTTP_HEADER_TIMEOUT", .duration(.milliseconds(100) ... .seconds(300)), default: headerTimeout,
            "Longest time for a request's head to arrive")
        writeTimeout = reader.read(
            "HTTP_WRITE_TIMEOUT", .duration(.milliseconds(100) ... .seconds(300)), default: writeTimeout,
            "A connection closes when its client reads nothing of its answer for this time")
        bodyTimeout = reader.read(
            "REQUEST_TIMEOUT", .duration(.milliseconds(100) ... .seconds(3_600)), default: bodyTimeout,
            "Longest handling of a request, then 503; longest time for its body to arrive, then 408")
        minimumRate = reader.read(
            "HTTP_MIN_BODY_RATE", .size(0...(1 << 20)), default: minimumRate,
            "Slowest body, in bytes a second over any 5s; 0 is without limit")
    }
}
