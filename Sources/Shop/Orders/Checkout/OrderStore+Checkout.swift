import EventLoop
import PostgresClient

/// Placing orders: one transaction of two round trips, for as many orders as there are.
///
/// The first reads all that the decisions need; the second writes the orders, their lines, what they hold of the stock and
/// the answers to the requests, and commits. A crash anywhere leaves either nothing or all of it, and nobody is told of an
/// order before the commit was answered.
extension OrderStore {
    /// Places those of some orders that can be placed.
    /// - Parameter lockTimeout: how long a lock may be waited for
    /// - Returns: what came of each, in their order
    func place(_ placements: [CheckoutAttempt], lockTimeout: Duration) async -> [CheckoutOutcome] {
        // Whoever found less than was seen twice in a row has stock locked before it looks.
        let locksStock = placements.contains { $0.races > 1 }
        do {
            return try await pool.transaction { transaction in
                let holders = placements.compactMap(\.holder)
                var opening = CheckoutStatements.opening(placements, lockTimeout: lockTimeout, locksStock: locksStock)
                if !holders.isEmpty {
                    opening.insert(HoldStatements.locking(holders, lockTimeout: lockTimeout), at: 0)
                    opening.append(HoldStatements.reading(holders))
                }
                var rows = try await transaction.batch(opening)
                var holdings = Holdings()
                if !holders.isEmpty, let held = rows.popLast() {
                    holdings = try Holdings(held)
                    rows.removeFirst()
                }
                var round = CheckoutBatch(try CheckoutSnapshot(rows, count: placements.count), seal, holdings, holdLimits)
                let outcomes = placements.enumerated().map { round.decide($1, at: $0) }
                guard !round.placed.isEmpty else {
                    // Whoever is answered may send the same key again at once: it is free by then.
                    await transaction.rolledBack()
                    return outcomes
                }
                _ = try await transaction.commit(
                    with: CheckoutStatements.writing(round.placed, reservationTime: reservationTime))
                return outcomes
            }
        } catch {
            let runs = placements.map(\.runs).max() ?? 0
            var mayRetry = true
            if RetryPolicy.transaction.allows(error, run: runs), !RetryPolicy.isRace(error) {
                mayRetry = await pool.mayRetry(after: runs)
            }
            return placements.map { _ in .failed(error, mayRetry: mayRetry) }
        }
    }

    /// Which of these locks somebody holds, and not just for the moment of a commit: looked at three times.
    func held(of locks: [CheckoutLock]) async -> [CheckoutLock] {
        var left = Set(locks)
        for round in 0..<3 where !left.isEmpty {
            if round > 0 { try? await pool.loop.sleep(for: .milliseconds(10)) }
            let skus = left.compactMap { if case .stock(let sku) = $0 { sku } else { nil } }
            let holders = left.compactMap { if case .holder(let lock) = $0 { lock } else { nil } }
            // Locks what it finds free, for as long as that one statement.
            let free = try? await pool.execute(
                """
                SELECT f.sku, NULL::bigint FROM (SELECT v.sku FROM variant v JOIN stock s ON s.variant_id = v.id \
                WHERE v.sku = ANY(\(skus)) FOR UPDATE OF s SKIP LOCKED) f UNION ALL \
                SELECT NULL, k.lock FROM unnest(\(holders)) AS k (lock) WHERE pg_try_advisory_xact_lock(k.lock)
                """)
            // PostgreSQL has other troubles.
            guard let free else { return [] }
            for row in free {
                if let sku = try? row[0, as: String?.self] { left.remove(.stock(sku)) }
                if let lock = try? row[1, as: Int64?.self] { left.remove(.holder(lock)) }
            }
        }
        return Array(left)
    }
}
