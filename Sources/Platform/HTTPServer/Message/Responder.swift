/// What answers the requests of one loop. Every loop has its own, so that its state needs no lock.
package protocol Responder: AnyObject {
    /// Begins to answer a request, on the loop and outside any task.
    ///
    /// What is at hand is best answered at once: the task that waits for the rest costs a third of what all else of a small
    /// reply does. Errors are answers too: what can fail becomes a response in here.
    func begin(_ request: Request) -> Answer

    /// The answer to a request that the server itself refuses (malformed, too large, too slow), in the
    /// service's own form; on the loop.
    func refuse(_ refusal: RejectedRequest) -> Response

    /// How the body of this request is to be read, asked before any of it is. On the loop, and only for requests that have one.
    ///
    /// What is refused by its head is best planned as ``BodyPolicy/unread``. The same request comes to ``begin(_:)`` afterwards.
    func bodyPlan(for request: Request) -> BodyPolicy
}

extension Responder {
    /// The standard plan for every request.
    package func bodyPlan(for request: Request) -> BodyPolicy { .standard }

    /// The answer to a request, waited for where it has to be. In a task on the loop.
    package func respond(to request: Request) async -> Response {
        switch begin(request) {
        case .now(let response): response
        case .later(let answer): await answer()
        }
    }
}
