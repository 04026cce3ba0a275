/// Answers the requests of one loop. Each loop has its own responder, so its state needs no lock.
package protocol Responder: AnyObject {
    /// Begins to answer a request, on the loop and outside any task.
    ///
    /// Return ``ResponderResult/immediate(_:)`` where possible: the task of a deferred response adds a third to the cost of a
    /// small request. The function does not throw: the responder turns errors into responses.
    func begin(_ request: Request) -> ResponderResult

    /// The response to a request that the server itself rejects (malformed, too large, too slow), in the service's own format.
    /// Called on the loop.
    func reject(_ rejected: RejectedRequest) -> Response

    /// How the server reads the body of this request. Called on the loop before any byte of the body is read, and only for
    /// requests that have a body.
    ///
    /// Return ``BodyPolicy/unread`` for a request that the head alone condemns. The same `Request` object goes to ``begin(_:)``
    /// afterwards: ``Request/responderState`` carries what was found out here.
    func bodyPolicy(for request: Request) -> BodyPolicy
}

extension Responder {
    /// The standard policy for every request.
    package func bodyPolicy(for request: Request) -> BodyPolicy { .standard }

    /// The response to a request. Runs in a task on the loop, and waits where the response is deferred.
    package func respond(to request: Request) async -> Response {
        switch begin(request) {
        case .immediate(let response): response
        case .deferred(let respond): await respond()
        }
    }
}

/// The result of ``Responder/begin(_:)``.
package enum ResponderResult {
    /// The response, which was made without waiting.
    case immediate(Response)
    /// The server calls this once, in a task on the loop, and cancels the task when the client is gone.
    case deferred(() async -> Response)
}

/// How the server reads the body of a request.
package struct BodyPolicy: Sendable, Equatable {
    /// The largest body in bytes; nil for the server's own limit. A streamed body is counted, and not kept.
    package var limit: Int?
    /// Whether the handler reads the body from ``Request/stream`` as it arrives. Otherwise the server gathers it first.
    package var isStreamed: Bool
    /// How long a gathered body may take from the end of its head; nil for ``ServerConfiguration/bodyTimeout``.
    package var deadline: Duration?
    /// Whether the body is not read at all: the request is answered as if it had none, and the connection closes.
    package var isUnread = false

    package init(limit: Int? = nil, isStreamed: Bool = false, deadline: Duration? = nil) {
        self.limit = limit
        self.isStreamed = isStreamed
        self.deadline = deadline
    }

    /// Gathered, up to the server's own limit.
    package static let standard = BodyPolicy()
    /// For requests that need no body. Some clients send an empty object all the same.
    package static let none = BodyPolicy(limit: 1 << 10)
    /// For requests that are rejected by their head: the server neither keeps the body nor waits for it, and sends no
    /// 100 (Continue) (RFC 9110 §10.1.1).
    package static let unread: BodyPolicy = {
        var policy = BodyPolicy(limit: 0)
        policy.isUnread = true
        return policy
    }()
}
