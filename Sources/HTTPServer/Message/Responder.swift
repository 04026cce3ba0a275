/// What answers the requests of one loop. Every loop has its own, so that its state needs no lock.
package protocol Responder: AnyObject {
    /// Answers a request; runs in a task on the loop, which is cancelled when the client is gone.
    /// Errors are answers too: what can fail becomes a response in here.
    func respond(to request: Request) async -> Response

    /// The answer to a request that the server itself refuses (malformed, too large, too slow), in the
    /// service's own form; on the loop.
    func refuse(_ refusal: Refusal) -> Response

    /// How the body of this request is to be read, asked before any of it is. On the loop.
    func bodyPlan(for head: RequestHead) -> BodyPlan
}

extension Responder {
    /// The standard plan for every request.
    package func bodyPlan(for head: RequestHead) -> BodyPlan { .standard }
}
