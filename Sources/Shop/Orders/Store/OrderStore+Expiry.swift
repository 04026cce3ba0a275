import Formats
import FoundationEssentials
import PostgresClient

/// Expires orders that were not paid in time.
///
/// A batch first expires the orders whose stock can be locked at once. Only then does it wait for locked rows of stock, for a
/// short time, and while it holds no locks but those of the orders that need them. A row that stays locked delays only the
/// orders for it, until the next run.
extension OrderStore {
    /// The outcome of a batch of due orders.
    package struct ExpiryBatch: Equatable, Sendable {
        /// How many orders were due and not locked by another task.
        package var found = 0
        package var expired = 0
        /// Variants whose stock another session has locked.
        package var held: Set<UUID> = []
    }

    /// How long to wait for one locked row of stock.
    private static let stockLockTimeout = Duration.milliseconds(250)

    /// A due order, and those of its variants whose stock was locked.
    private struct Postponed {
        let order: UUID
        let locked: Set<UUID>
    }

    /// Expires up to `limit` orders whose reservation has ended. Orders that another task has locked are skipped, so that
    /// several tasks share the work.
    /// - Parameter held: variants whose stock is known to be locked; their orders are left for the next run
    package func expire(limit: Int, passingOver held: Set<UUID> = []) async throws -> ExpiryBatch {
        let isFree: PostgresQuery =
            held.isEmpty
            ? ""
            : " AND NOT EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.variant_id = ANY(\(Array(held))))"
        let due: PostgresQuery = """
            SELECT o.id FROM reservation r JOIN orders o ON o.id = r.order_id WHERE r.state = 'held' \
            AND r.expires_at <= now() AND o.status = 'pending_payment'\(isFree) ORDER BY r.expires_at LIMIT \(literal: limit) \
            FOR UPDATE OF o SKIP LOCKED
            """
        let (first, postponed) = try await expire(due, waitingFor: [])
        var batch = first
        // One group for each set of locked rows, the smallest sets first: most orders wait for one row.
        let groups = Dictionary(grouping: postponed, by: \.locked).sorted { $0.key.count < $1.key.count }
        for (locked, group) in groups where locked.isDisjoint(with: batch.held) {
            let ids = group.map(\.order)
            let again: PostgresQuery = """
                SELECT id FROM orders WHERE id = ANY(\(ids)) AND status = 'pending_payment' ORDER BY id FOR UPDATE SKIP LOCKED
                """
            do {
                batch.expired += try await expire(again, waitingFor: locked).batch.expired
            } catch  where RetryPolicy.isLockTimeout(error) {
                batch.held.formUnion(locked)
            }
        }
        return batch
    }

    /// Expires those of some orders whose stock can be locked at once.
    /// - Parameters:
    ///   - orders: the statement that finds and locks the orders
    ///   - locked: variants whose stock the transaction waits for
    private func expire(
        _ orders: PostgresQuery, waitingFor locked: Set<UUID>
    ) async throws -> (batch: ExpiryBatch, postponed: [Postponed]) {
        try await pool.transaction { transaction in
            var statements = [orders]
            if !locked.isEmpty {
                // In the order of ids, as everywhere.
                statements = [
                    "SELECT set_config('lock_timeout', \("\(Self.stockLockTimeout.nanosecondsClamped / 1_000_000)ms"), true)",
                    "SELECT FROM stock WHERE variant_id = ANY(\(Array(locked))) ORDER BY variant_id FOR UPDATE", orders,
                ]
            }
            guard let rows = try await transaction.batch(statements).last, !rows.isEmpty else { return (ExpiryBatch(), []) }
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
            var missing: [UUID: Set<UUID>] = [:]
            for row in stock[1] {
                let (order, variant) = try row.decode((UUID, UUID).self)
                if !free.contains(variant) { missing[order, default: []].insert(variant) }
            }
            let closed = ids.filter { missing[$0] == nil }
            let batch = ExpiryBatch(found: ids.count, expired: closed.count)
            let postponed = missing.map { Postponed(order: $0.key, locked: $0.value) }
            guard !closed.isEmpty else {
                await transaction.rolledBack()
                return (batch, postponed)
            }
            try await close(closed, as: .expired, reason: "not paid in time", in: transaction)
            return (batch, postponed)
        }
    }

    /// Whether any order is due and not expired yet.
    package func isAnyOverdue() async throws -> Bool {
        let rows = try await pool.query(
            """
            SELECT EXISTS (SELECT FROM reservation r JOIN orders o ON o.id = r.order_id WHERE r.state = 'held' \
            AND r.expires_at <= now() AND o.status = 'pending_payment')
            """)
        return try rows.first.map { row in try row[0] } ?? false
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
