import EventLoop
import HTTPTypes

/// A request: its head, and its body, read whole or to be read from ``stream``.
// A class, since it is handed on from hand to hand: each would count its parts anew.
package final class Request {
    package let head: RequestHead
    /// The body with its transfer coding taken off; empty where there was none, or where it is streamed.
    package private(set) var body: [UInt8]
    /// The body as it comes, where the responder's ``BodyPolicy`` said so and there is one.
    package private(set) var stream: InboundStream?
    /// The address of the other end of the connection, without port.
    package let peer: String
    /// Whether it came over TLS, up to this process.
    package let isEncrypted: Bool
    /// When its last byte was read (of its head where the body is streamed), in nanoseconds of the monotonic clock.
    package private(set) var received: UInt64
    /// The loop it lives on.
    package let loop: EventLoop
    /// What the responder found out when it was asked for the request's ``BodyPolicy``, so that it looks once.
    package var finding: AnyObject?

    package init(
        head: RequestHead, body: [UInt8], stream: InboundStream? = nil, peer: String, isEncrypted: Bool = false, received: UInt64,
        loop: EventLoop
    ) {
        self.isEncrypted = isEncrypted
        self.head = head
        self.body = body
        self.stream = stream
        self.peer = peer
        self.received = received
        self.loop = loop
    }

    /// Gives a request that was known by its head the rest.
    func complete(body: [UInt8], stream: InboundStream?, received: UInt64) {
        self.body = body
        self.stream = stream
        self.received = received
    }

    package var method: HTTPRequest.Method { head.method }
    /// The path as sent, without the query.
    package var path: ArraySlice<UInt8> { head.bytes[head.path] }
    /// The query as sent, without its `?`.
    package var query: ArraySlice<UInt8>? { head.query.map { head.bytes[$0] } }
    /// The first value of a field.
    package subscript(name: HTTPField.Name) -> String? { head[name] }
}
