/// What goes on after a response's head.
// Unchecked: made by a handler and run by the connection that it answers, on one loop.
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
