/// How orders share transactions.
package struct CheckoutSettings: Sendable, Equatable {
    /// How long an order that is not paid reserves its stock.
    package var reservationTime = Duration.seconds(900)
    /// The largest number of orders in a transaction.
    package var orders = 32
    /// How many transactions run at a time on each loop.
    package var transactions = 2
    /// How many orders the queue holds, running or waiting; the next one is refused at once.
    package var capacity = 1_000
    /// How long the orders of a transaction wait for a lock, before the queue finds out which lock it is.
    package var lockTimeout = Duration.milliseconds(500)
    /// How long an order waits for its transaction to begin.
    package var queueTimeout = Duration.seconds(5)
    /// How long an order in the lane `waitingForLock` waits for a lock, counted from its arrival.
    package var contendedLockTimeout = Duration.seconds(5)

    package init() {}

    /// The largest number of lines in a transaction, unless one order alone has more.
    var lines: Int { orders * 10 }

    /// How many transactions of a lane run at a time.
    func transactions(in lane: CheckoutLane) -> Int { lane == .batched ? transactions : transactions * 2 }

    /// The time after which a transaction no longer counts towards ``transactions(in:)``; then only the number of connections
    /// limits it. Nil for the lane whose transactions may take long.
    func overdue(in lane: CheckoutLane) -> Duration? { lane == .waitingForLock ? nil : lockTimeout * 2 }

    /// How long an order that arrived `waited` ago waits for a lock.
    func lockTimeout(in lane: CheckoutLane, after waited: Duration) -> Duration {
        switch lane {
        case .batched, .isolated: lockTimeout
        case .waitingForLock: max(lockTimeout, contendedLockTimeout - waited)
        }
    }
}
