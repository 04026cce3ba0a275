/// A request that is not taken on, as there is more to do than can be done.
package struct Shed: Error, ProblemConvertible {
    package enum Reason: String, CaseIterable, Sendable {
        /// Too many waited already, and this client had the most of them.
        case queueFull = "queue_full"
        /// It waited for too long.
        case queueTimeout = "queue_timeout"
        /// The loop had no time for it.
        case loopLag = "loop_lag"
    }

    package let reason: Reason

    package var problem: Problem { Problem(.overloaded).retrying(after: 1) }
}
