import Formats
import FoundationEssentials
import PostgresClient

/// Removing what came to its end long ago, a batch at a time. Rows that somebody else has locked are left for later.
extension OrderStore {
    /// What is removed of a person: all but the country, which sums and statistics need. The order's secret goes too, so that
    /// no one can read it as a shopper any more.
    static let blanking: PostgresQuery = """
        email = '', shipping_address = jsonb_strip_nulls(jsonb_build_object('country', shipping_address -> 'country')), \
        access_token_hash = '', erased_at = now()
        """

    private static let unpaid: PostgresQuery = "payment_status = 'unpaid' AND status IN ('expired', 'cancelled')"

    /// Blanks the person's fields of up to `limit` orders that ended without being paid before `age` ago.
    /// - Returns: how many.
    package func blank(endedBefore age: Duration, limit: Int) async throws -> Int {
        let rows = try await pool.batch([
            """
            WITH o AS (UPDATE orders SET \(Self.blanking) WHERE id IN (SELECT id FROM orders WHERE \(Self.unpaid) \
            AND erased_at IS NULL AND updated_at < \(Timestamp.now - age) ORDER BY updated_at LIMIT \(literal: limit) \
            FOR UPDATE SKIP LOCKED) RETURNING id, created_at), \
            i AS (DELETE FROM idempotency USING o WHERE \(Self.answer)) SELECT count(*) FROM o
            """
        ])
        return try rows.first?.first.map { row in Int(clamping: try row[0, as: Int64.self]) } ?? 0
    }

    /// Drops up to `limit` orders that ended without being paid before `age` ago and were blanked, with their carts. What they
    /// moved of the stock they have moved back: those movements sum up to nothing, and go with the other old ones.
    /// - Returns: how many.
    package func drop(endedBefore age: Duration, limit: Int) async throws -> Int {
        let rows = try await pool.batch([
            """
            WITH o AS (DELETE FROM orders WHERE id IN (SELECT id FROM orders WHERE \(Self.unpaid) AND erased_at IS NOT NULL \
            AND updated_at < \(Timestamp.now - age) ORDER BY erased_at LIMIT \(literal: limit) FOR UPDATE SKIP LOCKED) \
            RETURNING id, cart_id, created_at), \
            i AS (DELETE FROM idempotency USING o WHERE \(Self.answer)), \
            c AS (DELETE FROM cart USING o WHERE cart.id = o.cart_id) SELECT count(*) FROM o
            """
        ])
        return try rows.first?.first.map { row in Int(clamping: try row[0, as: Int64.self]) } ?? 0
    }

    /// The answer kept for order `o`: written in the same transaction, and so at the same time.
    static let answer: PostgresQuery =
        "idempotency.created_at = o.created_at AND idempotency.location = '/v1/orders/' || o.id"

    /// Replaces the oldest movements of stock, as far as they are older than `age`, by their sums.
    /// - Parameter limit: how many ids are looked through; ids have gaps, so that fewer may be found although there are more
    /// - Returns: how many; 0 where there are no more.
    package func sumUpMovements(olderThan age: Duration, limit: Int) async throws -> Int {
        // In the database, by the ledger's owner: the service itself may add to the ledger and not take away from it.
        let rows = try await pool.batch([
            "SELECT stock_movement_sum_up(\(Timestamp.now - age), \(Int32(clamping: limit)))"
        ])
        return try rows.first?.first.map { row in Int(clamping: try row[0, as: Int64.self]) } ?? 0
    }

    /// Drops up to `limit` notes of who holds stock that is not held any more: those that the release before left.
    /// - Returns: how many.
    package func dropHolds(limit: Int) async throws -> Int {
        try await pool.batch([
            """
            DELETE FROM order_hold WHERE order_id IN (SELECT h.order_id FROM order_hold h JOIN reservation r \
            ON r.order_id = h.order_id WHERE r.state <> 'held' LIMIT \(literal: limit) FOR UPDATE OF h SKIP LOCKED)
            """
        ]).first?.affectedRows ?? 0
    }

    /// Drops up to `limit` kept answers that are older than `age`.
    /// - Returns: how many.
    package func forgetAnswers(olderThan age: Duration, limit: Int) async throws -> Int {
        try await pool.batch([
            """
            DELETE FROM idempotency WHERE id IN (SELECT id FROM idempotency WHERE created_at < \(Timestamp.now - age) \
            ORDER BY created_at LIMIT \(literal: limit) FOR UPDATE SKIP LOCKED)
            """
        ]).first?.affectedRows ?? 0
    }

    /// How many pieces there are, and how many of them are held by orders. Reads all of the stock.
    package func heldStock() async throws -> (held: Int64, onHand: Int64) {
        let rows = try await pool.query("SELECT coalesce(sum(reserved), 0), coalesce(sum(on_hand), 0) FROM stock")
        guard let row = rows.first else { return (0, 0) }
        return (try row[0], try row[1])
    }
}
