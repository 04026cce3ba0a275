import HTTPTypes

/// A response: status, fields, and a body that is known as a whole, or a continuation after the head.
package struct Response: Sendable {
    package var status: HTTPResponse.Status
    package var headers: HeaderBlock
    /// The body. For HEAD, 204 and 304 only its length is sent, where that is allowed.
    package var body: [UInt8]
    /// Whether the connection closes after this response.
    package var closes = false
    /// What follows the head in place of ``body``.
    package var continuation: ResponseContinuation?

    package init(_ status: HTTPResponse.Status, headers: HeaderBlock = HeaderBlock(), body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// An answer whose body is written by `write`, as it becomes known: in chunks, to HTTP/1.0 until the connection closes.
    ///
    /// `write` runs on the request's loop, after the head is sent; not for HEAD. Where it throws, the connection is cut
    /// off, so that the client sees that the body is not whole.
    package static func streamed(
        _ status: HTTPResponse.Status, headers: HeaderBlock, _ write: @escaping (OutboundStream) async throws -> Void
    ) -> Response {
        var response = Response(status, headers: headers)
        response.continuation = ResponseContinuation(kind: .body(write))
        return response
    }

    /// 101: from here on the connection speaks another protocol (RFC 9110 §7.8), until `serve` returns.
    ///
    /// - Parameters:
    ///   - headers: with Upgrade; `Connection: upgrade` is the server's.
    ///   - serve: runs on the request's loop with what the client sends and what is sent to it.
    package static func upgraded(
        headers: HeaderBlock, _ serve: @escaping (InboundStream, OutboundStream) async throws -> Void
    ) -> Response {
        var response = Response(.switchingProtocols, headers: headers)
        response.continuation = ResponseContinuation(kind: .otherProtocol(serve))
        return response
    }
}

/// What follows a response's head.
// Unchecked: a handler makes it, and the connection that the handler answers runs it, both on one loop.
package struct ResponseContinuation: @unchecked Sendable {
    enum Kind {
        case body((OutboundStream) async throws -> Void)
        case otherProtocol((InboundStream, OutboundStream) async throws -> Void)
    }

    let kind: Kind

    var isBody: Bool {
        if case .body = kind { true } else { false }
    }
}
