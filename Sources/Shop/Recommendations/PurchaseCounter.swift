import PostgresClient

/// Counts how often products are bought, alone and together, and how many units of each were sold lately.
///
/// Every step is one transaction, which locks the one row of `purchase_cursor` first: a crash loses a step as a whole, and of two
/// workers one waits for the other. What was counted of an order is kept with it, so it can be taken back when the order expires
/// or is cancelled, when it leaves the window, and when it is gone.
package struct PurchaseCounter {
    /// What one step has looked at.
    package struct Step: Equatable, Sendable {
        /// Orders that were placed.
        package var placed = 0
        /// Orders that ended without payment.
        package var ended = 0
        /// Counted orders that have left the window.
        package var outdated = 0
        /// Counted orders whose units are no longer among those that were sold lately.
        package var aged = 0

        package init() {}

        /// Whether there may be more to do.
        func isFull(_ limit: Int) -> Bool { [placed, ended, outdated, aged].contains { $0 >= limit } }
        package var total: Int { placed + ended + outdated + aged }
    }

    /// How many orders a step looks at, for each reason. The 50 products of an order have 2,450 pairs, so this also bounds how many
    /// rows a transaction writes.
    package static let batch = 100
    /// How many counted orders are compared with their orders in a run.
    static let comparison = 1_000

    private let pool: PostgresPool
    private let statements: PurchaseStatements

    /// - Parameter settling: how long an order is left alone after it was placed or has ended. An order's time is that of the
    ///   beginning of its transaction. No transaction that writes orders takes this long, so none appears behind the cursor.
    package init(pool: PostgresPool, window: Duration, settling: Duration = .seconds(120)) {
        self.pool = pool
        statements = PurchaseStatements(window: window, settling: settling)
    }

    /// Counts what is due, step by step, and compares some of what is counted with the orders.
    /// - Parameter mayContinue: whether there is time for another step
    /// - Returns: how many orders were looked at.
    package func run(mayContinue: () -> Bool) async throws -> Int {
        var total = 0
        while true {
            let step = try await step()
            total += step.total
            guard step.isFull(Self.batch), mayContinue() else { break }
        }
        return total + (try await compare(limit: Self.comparison))
    }

    /// Counts at most `limit` orders for each reason.
    package func step(limit: Int = batch) async throws -> Step {
        let results = try await pool.batch(
            [
                PurchaseStatements.lock, statements.addPlaced(limit), statements.takeBackEnded(limit),
                statements.takeBackOutdated(limit), statements.age(limit),
            ] + PurchaseStatements.removeZeros)
        func count(_ index: Int) throws -> Int {
            guard results.indices.contains(index), let row = results[index].first else { return 0 }
            return Int(clamping: try row[0, as: Int64.self])
        }
        var step = Step()
        step.placed = try count(1)
        step.ended = try count(2)
        step.outdated = try count(3)
        step.aged = try count(4)
        return step
    }

    /// Takes back what is counted of orders that ended or are gone, in the order of ids, and begins again after the last one. It
    /// finds what the cursors have missed: orders that were deleted soon after they had ended, and paid orders that were cancelled.
    /// - Returns: how many were taken back.
    package func compare(limit: Int) async throws -> Int {
        let results = try await pool.batch(
            [PurchaseStatements.lock, statements.takeBackGone(limit)] + PurchaseStatements.removeZeros)
        guard results.count > 1, let row = results[1].first else { return 0 }
        return Int(clamping: try row[0, as: Int64.self])
    }
}
