/// How a client connects and what it accepts.
package struct HTTPClientSettings: Sendable {
    /// The client's name in metrics, such as `webhooks`.
    package var name: String
    /// What the client calls itself in requests.
    package var userAgent: String
    /// The most connections to one host; requests beyond wait for one.
    package var connectionsPerHost = 64
    /// The most connections to all hosts, idle ones included.
    package var connections = 512
    /// The most bytes of a response's header, with those of interim responses (RFC 9110 §15.2) and trailers.
    package var maximumHeaderBytes = 64 << 10
    /// A PEM file of the authorities to trust in place of the system's.
    package var authorityFile: String?
    /// Whether a TLS server may choose HTTP/2.
    package var http2 = false
    /// A request fails after so much time without a byte in either direction, unless its timeout is shorter.
    package var inactivityTimeout: Duration = .seconds(30)

    package init(name: String = "http", userAgent: String = "commerce") {
        self.name = name
        self.userAgent = userAgent
    }
}
