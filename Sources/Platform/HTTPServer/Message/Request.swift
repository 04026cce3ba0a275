import EventLoop
import HTTPTypes

/// A request: its head, and its body, which was read whole or is read from ``stream``.
// A class: passing it on costs one retain, and not one for each of its properties.
package final class Request {
    package let head: RequestHead
    /// The body without its transfer coding; empty where there is none, or where it is streamed.
    package private(set) var body: [UInt8]
    /// The body as it arrives, where the responder's ``BodyPolicy`` asks for a stream and the request has a body.
    package private(set) var stream: InboundStream?
    /// The address of the other end of the connection, without port.
    package let peer: String
    /// Whether the connection to this process is encrypted (TLS).
    package let isEncrypted: Bool
    /// When the last byte of the request was read (of its head where the body is streamed), in nanoseconds of the monotonic
    /// clock.
    package private(set) var received: UInt64
    /// The loop that the request belongs to.
    package let loop: EventLoop
    /// A place for the responder: what ``Responder/bodyPolicy(for:)`` finds out, such as the route, need not be looked up again
    /// by ``Responder/begin(_:)``. The server does not read it.
    package var responderState: AnyObject?

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

    /// Adds what follows the head.
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

/// A request that the server answers itself, before the responder begins it.
package struct RejectedRequest: Sendable {
    package let status: HTTPResponse.Status
    /// A short reason that may be sent to the client.
    package let reason: String
    /// When the request began, in nanoseconds of the monotonic clock.
    package let received: UInt64
    /// The address of the other end of the connection.
    package let peer: String

    package let cause: RequestError.Cause

    init(_ error: RequestError, received: UInt64, peer: String) {
        self.init(status: error.status, reason: error.reason, cause: error.cause, received: received, peer: peer)
    }

    package init(status: HTTPResponse.Status, reason: String, cause: RequestError.Cause = .none, received: UInt64, peer: String) {
        self.cause = cause
        self.status = status
        self.reason = reason
        self.received = received
        self.peer = peer
    }
}
