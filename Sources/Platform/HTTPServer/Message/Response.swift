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

    /// A response whose body is streamed by `write`: in chunks, or for HTTP/1.0 until the connection closes.
    ///
    /// `write` runs on the request's loop after the head is sent, and not for HEAD. When it throws, the connection closes at once,
    /// and the client sees that the body is incomplete.
    package static func streamed(
        _ status: HTTPResponse.Status, headers: HeaderBlock, _ write: @escaping (OutboundStream) async throws -> Void
    ) -> Response {
        var response = Response(status, headers: headers)
        response.continuation = ResponseContinuation(kind: .body(write))
        return response
    }

    /// A 101: the connection speaks another protocol (RFC 9110 §7.8) until `serve` returns.
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
