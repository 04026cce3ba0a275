/// What answers the requests of one loop. Every loop has its own, so that its state needs no lock.
package protocol Responder: AnyObject {
    /// Answers a request; runs in a task on the loop, which is cancelled when the client is gone.
    /// Errors are answers too: what can fail becomes a response in here.
    func respond(to request: Request) async -> Response

    /// The answer to a request that the server itself refuses (malformed, too large, too slow), in the
    /// service's own form; on the loop.
    func refuse(_ refusal: Refusal) -> Response

    /// How many bytes the body of this request may have, asked before any of it is read; nil for the
    /// server's own limit. On the loop.
    func bodyLimit(for head: RequestHead) -> Int?
}

extension Responder {
    /// The server's own limit for every request.
    package func bodyLimit(for head: RequestHead) -> Int? { nil }
}
