import HTTPServer

/// Runs before the handlers of one loop.
package protocol Middleware {
    /// Sees a request before its handler does; on the loop, outside any task.
    ///
    /// A header that every answer to the request must carry goes into the context's `headers`. An error becomes a problem.
    func before(_ context: RequestContext) throws -> MiddlewareResult
    /// The problem with which a request will certainly be refused, as far as its head tells without a wait; nil where that is
    /// open. Called before a client that sent `Expect: 100-continue` gets its 100; ``before(_:)`` still runs afterwards.
    func refusal(of context: RequestContext) -> Problem?
}

extension Middleware {
    package func refusal(of context: RequestContext) -> Problem? { nil }
}

/// The result of ``Middleware/before(_:)``.
package enum MiddlewareResult {
    /// The next middleware or the handler goes on.
    case next
    /// The request ends here, with this response.
    case respond(Response)
    /// The closure runs in a task. Then the next one goes on, or the request ends with the closure's response. An error becomes a
    /// problem.
    case suspend(() async throws -> Response?)
}
