/// How large the parts of a request may be, in bytes where nothing else is said.
package struct HTTPLimits: Sendable, Equatable {
    /// The request line without its CRLF; beyond it 414 (RFC 9112 §3 asks for 8,000 at least).
    package var requestLine = 16 << 10
    /// One header field line without its CRLF; beyond it 431.
    package var header = 16 << 10
    /// All header field lines of a request, trailers included; beyond it 431.
    package var headers = 64 << 10
    /// How many fields a request may have, trailers included; beyond it 431.
    package var fields = 100
    /// The body with its transfer coding taken off; beyond it 413, unless the route has a limit of its own.
    package var body = 1 << 20
    /// All chunk extensions of a body (RFC 9112 §7.1.1 asks for a limit on them); beyond it 400. They mean nothing here, but
    /// clients of Amazon Web Services sign each chunk in 82 bytes: this has room for 199 of those, and is no more than a header
    /// field may have.
    package var chunkExtensions = 16 << 10

    package init() {}
}
