import Formats
import FoundationEssentials
import PostgresClient
import Web

/// Ending an order that was not paid, and giving back its stock, exactly once.
///
/// Whoever moves the reservation out of 'held' returns the stock; all others find nothing to move. The order's row
/// is locked first, then its stock by id, as in placing.
extension OrderStore {
    /// Cancels for its shopper. Cancelling what is cancelled already succeeds and changes nothing, so that a request
    /// whose answer was lost, or a run whose COMMIT was, can be repeated.
    /// - Returns: false where there is no such order for this secret.
    package func cancel(_ name: OrderReference, tokenHash: [UInt8], reason: String) async throws -> Bool {
        try await RetryPolicy.transaction.run(mayRetry: { await pool.mayRetry(after: $0) }) {
            try await pool.transaction { transaction in
                let rows = try await transaction.query(
                    """
                    SELECT o.id, o.status FROM orders o \
                    WHERE \(name.condition) AND \(isOpened(by: tokenHash)) FOR UPDATE
                    """)
                guard let row = rows.first else { return false }
                let status = OrderStatus(rawValue: try row[1])
                guard status != .cancelled else { return true }
                try status.checkMove(to: .cancelled)
                _ = try await transaction.commit(with: Self.close([try row[0]], as: .cancelled, reason: reason))
                return true
            }
        }
    }

    /// - Parameter ids: of orders that are locked, and may be closed
    private static func close(_ ids: [UUID], as status: OrderStatus, reason: String) -> [PostgresQuery] {
        [
            """
            SELECT FROM stock WHERE variant_id IN (SELECT variant_id FROM order_line WHERE order_id = ANY(\(ids))) \
            ORDER BY variant_id FOR UPDATE
            """,
            closing(ids, as: status, reason: reason),
        ]
    }

    /// - Parameter ids: of orders that are locked with all their stock, and may be closed
    static func closing(_ ids: [UUID], as status: OrderStatus, reason: String) -> PostgresQuery {
        """
        WITH r AS (UPDATE reservation SET state = 'released' WHERE order_id = ANY(\(ids)) AND state = 'held' \
        RETURNING order_id), \
        b AS (DELETE FROM order_hold WHERE order_id = ANY(\(ids))), \
        d AS (SELECT l.order_id, l.variant_id, sum(l.quantity)::int AS quantity FROM order_line l \
        JOIN r ON r.order_id = l.order_id GROUP BY l.order_id, l.variant_id), \
        t AS (SELECT variant_id, sum(quantity)::int AS quantity FROM d GROUP BY variant_id), \
        s AS (UPDATE stock SET reserved = reserved - t.quantity FROM t WHERE stock.variant_id = t.variant_id), \
        m AS (INSERT INTO stock_movement (variant_id, order_id, on_hand, reserved, reason) \
        SELECT variant_id, order_id, 0, -quantity, 'release' FROM d), \
        h AS (INSERT INTO order_history (order_id, position, status, reason) SELECT order_id, max(position) + 1, \
        \(status.rawValue), \(reason) FROM order_history WHERE order_id = ANY(\(ids)) GROUP BY order_id) \
        UPDATE orders SET status = \(status.rawValue), updated_at = now() WHERE id = ANY(\(ids))
        """
    }
}
