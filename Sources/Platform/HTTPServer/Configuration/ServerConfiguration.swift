/// Where the server listens and how patient it is.
package struct ServerConfiguration: Sendable {
    /// A numeric address, of IPv4 or IPv6; `::` serves both.
    package var host = "0.0.0.0"
    /// 0 takes any free port.
    package var port: UInt16 = 8080
    /// A listening socket that whoever started the process has opened for it: it is used, and ``host`` and ``port`` are not.
    /// Nobody is refused between one process and its successor, as the socket stays open.
    package var inheritedListener: Int32?
    /// A second port of the same host, for encrypted connections.
    package var tls: TLSListener?
    /// How many connections may wait to be accepted (listen(2)).
    package var backlog: Int32 = 4_096
    /// How many connections are served at once; those beyond get a 503.
    package var maximumConnections = 10_000
    /// How many connections one client may have, by ``client``; beyond it 429. Nil is without limit.
    package var maximumConnectionsPerClient: Int?
    /// Who a peer's address stands for; nil for one that stands for many, such as a proxy, whose connections are not counted.
    package var client: @Sendable (_ peer: String) -> String? = { $0 }
    /// Whether a connection beyond that takes the place of the one that has been silent for longest, where no request of that is
    /// under way: for a port of few readers, which nobody shall lock out by connections that say nothing. For one loop.
    package var replacesSilent = false
    /// Descriptors of the process that clients never get, whatever ``maximumConnections`` says: databases and
    /// files need some, and Dispatch, which opens a file of /proc now and then to count its runnable threads,
    /// ends the process when it cannot.
    package var reservedDescriptors = 128
    package var limits = HTTPLimits()

    /// How many bytes status line and fields of a reply may have; one with more is replaced by a 500. Application
    /// Load Balancers take 32 KiB, and answer 502 themselves beyond that.
    package var maximumReplyHead = 32 << 10

    /// How long a connection may wait between requests. Longer than the 60 s of a load balancer in front, which
    /// otherwise sends a request just as the connection closes.
    package var keepAlive = Duration.seconds(75)
    /// How long a head may take from its first byte, on a new connection from when it was accepted.
    package var headerDeadline = Duration.seconds(10)
    /// How long a body may stay silent: ``minimumRate`` holds on average over so long, at any time.
    package var bodyGrace = Duration.seconds(5)
    /// How long a body that is gathered may take from the end of its head, however fast it comes.
    package var bodyDeadline = Duration.seconds(30)
    /// How long a head that has begun to arrive is waited for once the server finishes, if its deadline is not earlier.
    package var lateHeadPatience = Duration.seconds(2)
    /// Bytes a second that a body must come with, over any ``bodyGrace``, and replies must be taken with, over any
    /// ``writeStall``; 0 is without limit.
    package var minimumRate = 240
    /// How long a client may take none of the replies that wait for it.
    package var writeStall = Duration.seconds(30)
    /// How long the server goes on reading after its last reply, so that no reset destroys it (RFC 9112 §9.6).
    package var linger = Duration.seconds(2)
    /// How long a request is worked on after its client has closed its side: it may still wait for the reply,
    /// or be gone, which looks the same.
    package var halfClosedPatience = Duration.seconds(2)

    /// Replies that may wait for a client before no more of its requests are begun, in bytes.
    package var maximumPendingOutput = 256 << 10
    /// What may be read ahead of a client while a request of it is worked on, in bytes.
    package var maximumPendingInput = 64 << 10
    /// What a client may send ahead of a reply that is written as it becomes known, in bytes: such a reply may last for hours.
    /// Who sends more gets no further request answered.
    package var maximumBehindStream = 4 << 10
    /// All that is kept for clients, in bytes, over all loops: unfinished heads, bodies, requests sent ahead, replies not taken,
    /// unfinished messages. Beyond it, who holds most and gets least done is closed, a body with 503.
    package var bufferMemory = 128 << 20

    /// After how many replies in a row that say 429 a connection closes; 0: it stays. A client that goes on asking has to pay
    /// for a new connection then.
    package var maximumRefusals = 20

    package init() {}
}
