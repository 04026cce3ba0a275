/// What a responder says to a request it has begun to answer.
package enum Answer {
    /// The response: nothing had to be waited for.
    case now(Response)
    /// What is still to be waited for; called once, in a task on the loop, which is cancelled when the client is gone.
    case later(() async -> Response)
}
