/// How orders are put together.
package struct CheckoutSettings: Sendable, Equatable {
    /// The most orders of a transaction.
    package var orders = 32
    /// How many of them are at work at a time, on each loop.
    package var transactions = 2
    /// How many orders may be here, at work or waiting; the next is refused at once.
    package var capacity = 1_000
    /// How long the orders of a transaction may wait for a lock, before it is looked up who makes them wait.
    package var lockTimeout = Duration.milliseconds(500)
    /// How long an order may wait for its transaction to begin.
    package var patience = Duration.seconds(5)
    /// How long one that waits apart may wait for stock that somebody holds.
    package var heldPatience = Duration.seconds(5)

    package init() {}

    /// The most lines of a transaction, unless one order alone has more.
    var lines: Int { orders * 10 }
    /// How many transactions are at work at a time.
    func transactions(in lane: CheckoutLane) -> Int { lane == .together ? transactions : transactions * 2 }
    /// After how long a transaction no longer counts among those: then the pool's connections are what bounds them. Nil where it
    /// may well take long.
    func overdue(in lane: CheckoutLane) -> Duration? { lane == .patient ? nil : lockTimeout * 2 }
    /// How long an order that came so long ago waits for a lock.
    func lockTimeout(in lane: CheckoutLane, after waited: Duration) -> Duration {
        switch lane {
        case .together, .alone: lockTimeout
        case .patient: max(lockTimeout, heldPatience - waited)
        }
    }
}
