import HTTPServer

/// Stands between the server and the handlers of one loop.
package protocol Middleware {
    /// A request's way from here on.
    typealias Next = (RequestContext) async throws -> Response

    /// Answers by itself, or lets `next` and may look at what comes back. What it throws becomes a problem.
    ///
    /// A field for the answer, whatever that becomes, goes into the context's `headers`.
    func respond(to context: RequestContext, next: Next) async throws -> Response
}
