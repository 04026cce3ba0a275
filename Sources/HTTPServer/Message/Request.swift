import EventLoop
import HTTPTypes

/// A whole request, its body read.
package struct Request {
    package let head: RequestHead
    /// The body with its transfer coding taken off; empty where there was none.
    package let body: [UInt8]
    /// The address of the other end of the connection, without port.
    package let peer: String
    /// When its last byte was read, in nanoseconds of the monotonic clock.
    package let received: UInt64
    /// The loop it lives on.
    package let loop: EventLoop

    package init(head: RequestHead, body: [UInt8], peer: String, received: UInt64, loop: EventLoop) {
        self.head = head
        self.body = body
        self.peer = peer
        self.received = received
        self.loop = loop
    }

    package var method: HTTPRequest.Method { head.method }
    /// The path as sent, without the query.
    package var path: ArraySlice<UInt8> { head.bytes[head.path] }
    /// The query as sent, without its `?`.
    package var query: ArraySlice<UInt8>? { head.query.map { head.bytes[$0] } }
    /// The first value of a field.
    package subscript(name: HTTPField.Name) -> String? { head[name] }
}
