import EventLoop
import FoundationEssentials
import Inventory
import PostgresClient
import Web

/// Places orders in PostgreSQL: one transaction of two round trips for a batch of orders.
///
/// The first round trip reads all that the decisions need. The second writes the orders, their lines, their reservations and
/// the responses to the requests, and commits. A crash leaves either all of it or nothing, and no client gets a response before
/// the commit.
package struct CheckoutStore {
    let pool: PostgresPool
    /// How long an unpaid order reserves its stock.
    let reservationTime: Duration
    let seal: ResponseSeal
    /// What a client can hold without paying.
    let limits: HoldLimits
    /// So few available units of a variant are low stock, unless the variant has a number of its own.
    let lowStock: Int
    /// Called when orders, and so events, were committed.
    let committed: () -> Void

    /// - Parameter keys: the keys that seal the stored responses
    package init(
        pool: PostgresPool, reservationTime: Duration, keys: EncryptionKeys, limits: HoldLimits = HoldLimits(),
        lowStock: Int = LowStock.defaultThreshold, committed: @escaping () -> Void = {}
    ) {
        self.pool = pool
        self.reservationTime = reservationTime
        self.limits = limits
        self.lowStock = lowStock
        self.committed = committed
        seal = ResponseSeal(keys)
    }

    /// Places the orders that can be placed.
    /// - Parameter lockTimeout: how long to wait for a lock
    /// - Returns: the outcome of each, in their order
    func place(_ attempts: [CheckoutAttempt], lockTimeout: Duration) async -> [CheckoutOutcome] {
        // After two lost races, stock is locked before it is read.
        let locksStock = attempts.contains { $0.races > 1 }
        let requests = attempts.map(\.request)
        do {
            return try await pool.transaction { transaction in
                let holders = requests.compactMap(\.holder)
                var opening = CheckoutStatements.opening(requests, lockTimeout: lockTimeout, locksStock: locksStock)
                if !holders.isEmpty {
                    opening.insert(HoldStatements.locking(holders, lockTimeout: lockTimeout), at: 0)
                    opening.append(HoldStatements.reading(holders))
                }
                let customers = Array(Set(requests.compactMap(\.customer))).sorted()
                if !customers.isEmpty {
                    opening.insert(CheckoutStatements.holding(customers, lockTimeout: lockTimeout), at: 0)
                }
                var rows = try await transaction.batch(opening)
                let accounts = customers.isEmpty ? [] : Set(try rows.removeFirst().map { try $0[0, as: UUID.self] })
                var holdings = Holdings()
                if !holders.isEmpty, let sums = rows.popLast() {
                    holdings = try Holdings(sums)
                    rows.removeFirst()
                }
                let snapshot = try CheckoutSnapshot(rows, count: requests.count)
                for attempt in attempts {
                    // A copy: without it, the optimizer of Swift 6.3 crashes (CopyPropagation).
                    let request = attempt.request
                    guard let cart = request.order.cart, snapshot.cart(of: request) != nil else { continue }
                    attempt.skus = snapshot.cartLines[cart]?.skus ?? []
                }
                var batch = CheckoutBatch(snapshot, seal, holdings, limits)
                let outcomes = requests.enumerated().map { index, request -> CheckoutOutcome in
                    if let customer = request.customer, !accounts.contains(customer) { return .refused(.accountGone) }
                    return batch.decide(request, at: index)
                }
                guard !batch.placed.isEmpty else {
                    // Frees the keys first: a client that gets a refusal may send its key again at once.
                    await transaction.rolledBack()
                    return outcomes
                }
                _ = try await transaction.commit(
                    with: CheckoutStatements.writing(batch.placed, reservationTime: reservationTime, lowStock: lowStock))
                committed()
                return outcomes
            }
        } catch {
            let retries = attempts.map(\.retries).max() ?? 0
            var mayRetry = true
            if RetryPolicy.transaction.allows(error, run: retries), !RetryPolicy.isRace(error) {
                mayRetry = await pool.mayRetry(after: retries)
            }
            return attempts.map { _ in .failed(error, mayRetry: mayRetry) }
        }
    }

    /// The locks that another session holds for longer than a commit takes: they are tried three times.
    func contended(of locks: [CheckoutLock]) async -> [CheckoutLock] {
        var left = Set(locks)
        for attempt in 0..<3 where !left.isEmpty {
            if attempt > 0 { try? await pool.loop.sleep(for: .milliseconds(10)) }
            let skus = left.compactMap { if case .stock(let sku) = $0 { sku } else { nil } }
            let holders = left.compactMap { if case .holder(let lock) = $0 { lock } else { nil } }
            // Takes the locks that are free, and releases them at the end of the statement.
            let free = try? await pool.execute(
                """
                SELECT f.sku, NULL::bigint FROM (SELECT v.sku FROM variant v JOIN stock s ON s.variant_id = v.id \
                WHERE v.sku = ANY(\(skus)) FOR UPDATE OF s SKIP LOCKED) f UNION ALL \
                SELECT NULL, k.lock FROM unnest(\(holders)) AS k (lock) WHERE pg_try_advisory_xact_lock(k.lock)
                """)
            // PostgreSQL has another problem.
            guard let free else { return [] }
            for row in free {
                guard let (sku, lock) = try? row.decode((String?, Int64?).self) else { continue }
                if let sku { left.remove(.stock(sku)) }
                if let lock { left.remove(.holder(lock)) }
            }
        }
        return Array(left)
    }
}

extension Problem {
    /// For an order of an account that was deleted or disabled in the meantime.
    fileprivate static let accountGone = Problem.invalidToken("The session has ended. Sign in again.")
}
