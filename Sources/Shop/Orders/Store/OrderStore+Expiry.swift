import Formats
import FoundationEssentials
import PostgresClient

/// Expiring orders that were not paid in time.
///
/// A sweep waits for no lock on stock as long as it has work without waiting: orders whose stock is locked are passed over,
/// and only for those, at the end of a batch, the locked rows are waited for, briefly, and while nothing else is locked but
/// the orders themselves. Stock that stays locked keeps only the orders for it, until the next sweep.
extension OrderStore {
    /// What became of a batch of orders that were due.
    package struct ExpiryRound: Equatable, Sendable {
        /// How many were due and not at another task.
        package var found = 0
        package var expired = 0
        /// Variants whose stock another session holds.
        package var held: Set<UUID> = []
    }

    /// How long one locked row of stock is waited for.
    static let expiryPatience = Duration.milliseconds(250)

    /// An order that is due, and variants of it whose stock was locked.
    private struct Due {
        let order: UUID
        let locked: Set<UUID>
    }

    /// Expires up to `limit` orders whose reservation has run out. Orders that another task is at are passed over, so that any
    /// number of tasks share the work.
    /// - Parameter held: variants whose stock was found to be held: orders for them are left for the next sweep
    package func expire(limit: Int, passingOver held: Set<UUID> = []) async throws -> ExpiryRound {
        let passed: PostgresQuery =
            held.isEmpty
            ? ""
            : " AND NOT EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.variant_id = ANY(\(Array(held))))"
        let due: PostgresQuery = """
            SELECT o.id FROM reservation r JOIN orders o ON o.id = r.order_id WHERE r.state = 'held' \
            AND r.expires_at <= now() AND o.status = 'pending_payment'\(passed) ORDER BY r.expires_at LIMIT \(literal: limit) \
            FOR UPDATE OF o SKIP LOCKED
            """
        let (first, left) = try await expire(due, waitingFor: [])
        var round = first
        // One group for each set of locked rows, those with the fewest first: most wait for one row.
        let groups = Dictionary(grouping: left, by: \.locked).sorted { $0.key.count < $1.key.count }
        for (locked, group) in groups where locked.isDisjoint(with: round.held) {
            let ids = group.map(\.order)
            let again: PostgresQuery = """
                SELECT id FROM orders WHERE id = ANY(\(ids)) AND status = 'pending_payment' ORDER BY id FOR UPDATE SKIP LOCKED
                """
            do {
                let (more, _) = try await expire(again, waitingFor: locked)
                round.expired += more.expired
            } catch  where RetryPolicy.isHeld(error) {
                round.held.formUnion(locked)
            }
        }
        return round
    }

    /// Expires those of some orders whose stock can be locked at once.
    /// - Parameters:
    ///   - orders: finds and locks them
    ///   - locked: variants whose stock may be waited for
    private func expire(_ orders: PostgresQuery, waitingFor locked: Set<UUID>) async throws -> (ExpiryRound, [Due]) {
        try await pool.transaction { transaction in
            var statements = [orders]
            if !locked.isEmpty {
                // In the order of ids, as everywhere.
                statements = [
                    "SELECT set_config('lock_timeout', \("\(Self.expiryPatience.nanosecondsClamped / 1_000_000)ms"), true)",
                    "SELECT FROM stock WHERE variant_id = ANY(\(Array(locked))) ORDER BY variant_id FOR UPDATE", orders,
                ]
            }
            guard let rows = try await transaction.batch(statements).last, !rows.isEmpty else { return (ExpiryRound(), []) }
            let ids = try rows.map { row in try row[0, as: UUID.self] }
            let stock = try await transaction.batch([
                """
                SELECT variant_id FROM stock WHERE variant_id IN (SELECT variant_id FROM order_line WHERE order_id = ANY(\(ids))) \
                ORDER BY variant_id FOR UPDATE SKIP LOCKED
                """,
                """
                SELECT DISTINCT l.order_id, l.variant_id FROM order_line l JOIN stock s ON s.variant_id = l.variant_id \
                WHERE l.order_id = ANY(\(ids))
                """,
            ])
            let free = Set(try stock[0].map { row in try row[0, as: UUID.self] })
            var wanting: [UUID: Set<UUID>] = [:]
            for row in stock[1] {
                let variant = try row[1, as: UUID.self]
                if !free.contains(variant) { wanting[try row[0], default: []].insert(variant) }
            }
            let closed = ids.filter { wanting[$0] == nil }
            let round = ExpiryRound(found: ids.count, expired: closed.count)
            let left = wanting.map { Due(order: $0.key, locked: $0.value) }
            guard !closed.isEmpty else {
                await transaction.rolledBack()
                return (round, left)
            }
            _ = try await transaction.commit(with: [Self.closing(closed, as: .expired, reason: "not paid in time")])
            return (round, left)
        }
    }

    /// How many orders are due and not expired yet, up to 10,000.
    package func overdue() async throws -> Int {
        let rows = try await pool.query(
            """
            SELECT count(*) FROM (SELECT FROM reservation r JOIN orders o ON o.id = r.order_id WHERE r.state = 'held' \
            AND r.expires_at <= now() AND o.status = 'pending_payment' LIMIT 10000) d
            """)
        return try rows.first.map { row in Int(clamping: try row[0, as: Int64.self]) } ?? 0
    }
}
