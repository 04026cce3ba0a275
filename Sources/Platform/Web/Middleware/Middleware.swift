import HTTPServer

/// Stands before the handlers of one loop.
package protocol Middleware {
    /// Looks at a request before its handler does, whether that answers at once or later; on the loop, outside any task.
    ///
    /// A field for the answer, whatever that becomes, goes into the context's `headers`. What it throws becomes a problem.
    func before(_ context: RequestContext) throws -> MiddlewareResult
    /// Why a request is refused for certain, as far as can be told at once by its head; nil where that cannot be told. Asked before
    /// a client that waits with its body is told to send it; ``before(_:)`` is still asked afterwards.
    func refusal(of context: RequestContext) -> Problem?
}

extension Middleware {
    package func refusal(of context: RequestContext) -> Problem? { nil }
}

/// What a middleware says to a request.
package enum MiddlewareResult {
    /// It goes on, to the next middleware or the handler.
    case goesOn
    /// It ends here, with this answer.
    case answered(Response)
    /// What is to be waited for, in a task; then the request goes on, or ends with the response. What it throws becomes a problem.
    case waits(() async throws -> Response?)
}
