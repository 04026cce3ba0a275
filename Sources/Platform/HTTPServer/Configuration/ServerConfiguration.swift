import EventLoop
import TLS

/// Where the server listens, how long it waits for clients, and how much it keeps for them.
///
/// The defaults are those of production: the service's settings take theirs from here.
package struct ServerConfiguration: Sendable {
    /// A numeric address, of IPv4 or IPv6; `::` serves both.
    package var host = "0.0.0.0"
    /// 0 takes any free port.
    package var port: UInt16 = 8080
    /// A listening socket that the parent process has opened. The server uses it in place of ``host`` and ``port``. The socket
    /// stays open while one process replaces another, so no client is refused in between.
    package var inheritedListener: Int32?
    /// A second port of the same host, for encrypted connections.
    package var tls: TLSListener?
    /// How many connections may wait to be accepted (listen(2)).
    package var backlog: Int32 = 4_096
    /// How many connections are served at once. Further ones get a 503.
    package var maximumConnections = 10_000
    /// How many connections one client may have, by ``client``. Further ones get a 429. Nil is without limit.
    package var maximumConnectionsPerClient: Int?
    /// The client that an address counts as. Nil for an address that many clients share, such as a proxy's: its connections are
    /// not counted.
    package var client: @Sendable (_ peer: String) -> String? = { $0 }
    /// Whether a connection beyond ``maximumConnections`` replaces the connection that has been idle for longest. This is for a
    /// port with few clients, such as that of metrics: idle connections cannot block it. Works with one loop only.
    package var evictsIdleConnections = false
    /// Descriptors of the process that are kept from clients, whatever ``maximumConnections`` is. Databases and files need some.
    /// So does Dispatch: it opens a file in /proc to count its runnable threads, and ends the process when it cannot.
    package var reservedDescriptors = 128
    package var limits = HTTPLimits()

    /// The largest status line and fields of a response, in bytes. A larger head is replaced by a 500. Application Load Balancers
    /// accept 32 KiB, and answer 502 themselves beyond that.
    package var maximumResponseHead = 32 << 10

    /// How long a connection may wait between requests. It is longer than the 60 s of a load balancer in front: otherwise the
    /// balancer would send requests on connections that are just closing.
    package var idleTimeout = Duration.seconds(75)
    /// How long a head may take from its first byte; on a new connection, from when it was accepted.
    package var headerTimeout = Duration.seconds(10)
    /// The window over which ``minimumRate`` is measured for a body. A body may be silent for this long.
    package var minimumRateWindow = Duration.seconds(5)
    /// How long a gathered body may take from the end of its head, at any rate.
    package var bodyTimeout = Duration.seconds(30)
    /// How long the server waits for a head that has begun to arrive when it shuts down, unless ``headerTimeout`` ends earlier.
    package var shutdownHeaderTimeout = Duration.seconds(2)
    /// The slowest transfer in bytes a second: of a body, over any ``minimumRateWindow``; of responses, over any
    /// ``writeTimeout``. 0 is without limit.
    package var minimumRate = 512
    /// How long a client may accept none of the response bytes that wait for it.
    package var writeTimeout = Duration.seconds(20)
    /// How long the server goes on reading after its last response. A connection that closes with unread bytes is reset, and the
    /// reset can destroy the response (RFC 9112 §9.6).
    package var lingerTimeout = Duration.seconds(2)
    /// How long a request is worked on after its client has closed its side. The client may still wait for the response, or be
    /// gone: the two look the same.
    package var halfCloseTimeout = Duration.seconds(2)

    /// How many bytes of responses may wait for a client before the server begins no more of its requests.
    package var maximumPendingOutput = 256 << 10
    /// How many bytes the server reads ahead while it works on a request of the same client.
    package var maximumPendingInput = 64 << 10
    /// How many bytes a client may send behind a streamed response, which may last for hours. Beyond it, the client gets no
    /// further request answered.
    package var maximumInputBehindStream = 4 << 10
    /// The memory that all loops together keep for clients, in bytes: unfinished heads, bodies, requests sent ahead, responses
    /// that clients have not read, unfinished messages. Beyond it, the connections that have held most for longest are closed, or
    /// get a 503 for their body. An eighth of the process's memory, 16 MiB at least.
    package var bufferMemory = max(16 << 20, UsableMemory.bytes() / 8)

    /// How many 429 responses in a row a connection gets before it closes; 0 never closes it. A client that goes on asking then
    /// pays for a new connection.
    package var maximumRateLimitedResponses = 20

    package init() {}
}

/// A port for encrypted connections.
package struct TLSListener: Sendable {
    /// 0 takes any free port.
    package var port: UInt16
    package var certificates: CertificateStore
    /// How many handshakes begin in a second, and twice as many at once. Further connections wait to be accepted. A handshake
    /// costs about a millisecond of a CPU, a thousand times as much as a small request. 0 is without limit.
    package var handshakeRate = 200

    /// One client may begin this part of the handshakes, where ``ServerConfiguration/maximumConnectionsPerClient`` is set: the
    /// rate is shared by this many clients.
    static let clientShares = 16

    package init(port: UInt16, certificates: CertificateStore, handshakeRate: Int = 200) {
        self.handshakeRate = handshakeRate
        self.port = port
        self.certificates = certificates
    }
}

/// How large the parts of a request may be, in bytes.
package struct HTTPLimits: Sendable, Equatable {
    /// The request line without its CRLF. A longer one gets a 414 (RFC 9112 §3 recommends at least 8,000).
    package var requestLine = 16 << 10
    /// One header field line without its CRLF. A longer one gets a 431.
    package var header = 16 << 10
    /// All header field lines of a request, trailers included. More get a 431.
    package var headers = 64 << 10
    /// The number of fields of a request, trailers included. More get a 431.
    package var fields = 100
    /// The body without its transfer coding. A larger one gets a 413, unless its route has a limit of its own.
    package var body = 1 << 20
    /// All chunk extensions of a body (RFC 9112 §7.1.1 asks for a limit). More get a 400. The server ignores extensions, but
    /// clients of Amazon Web Services sign each chunk in 82 bytes: there is room for 199 of those, which is no more than a header
    /// field may have.
    package var chunkExtensions = 16 << 10

    package init() {}
}
