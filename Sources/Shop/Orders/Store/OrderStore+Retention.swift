import Formats
import FoundationEssentials
import PostgresClient

/// Removes old data, one batch at a time. Rows that another session has locked are left for later.
extension OrderStore {
    /// Removes a person from an order: all but the country, which statistics need. Also the order's token, so that it no longer
    /// gives access to the order.
    static let blanking: PostgresQuery = """
        email = '', shipping_address = jsonb_strip_nulls(jsonb_build_object('country', shipping_address -> 'country')), \
        access_token_hash = '', erased_at = now()
        """

    private static let unpaid: PostgresQuery = "payment_status = 'unpaid' AND status IN ('expired', 'cancelled')"

    /// Removes the person from up to `limit` orders that ended unpaid more than `age` ago.
    /// - Returns: how many.
    package func blank(endedBefore age: Duration, limit: Int) async throws -> Int {
        let rows = try await pool.batch([
            """
            WITH o AS (UPDATE orders SET \(Self.blanking) WHERE id IN (SELECT id FROM orders WHERE \(Self.unpaid) \
            AND erased_at IS NULL AND updated_at < \(Timestamp.now - age) ORDER BY updated_at LIMIT \(literal: limit) \
            FOR UPDATE SKIP LOCKED) RETURNING id, created_at), \(Self.forgetting), \
            i AS (DELETE FROM idempotency USING o WHERE \(Self.storedResponse)) SELECT count(*) FROM o
            """
        ])
        return try rows.first?.first.map { row in Int(clamping: try row[0, as: Int64.self]) } ?? 0
    }

    /// Deletes up to `limit` orders without a person that ended unpaid more than `age` ago, with their carts. Their movements of
    /// stock add up to nothing, and are removed with the other old movements.
    /// - Returns: how many.
    package func drop(endedBefore age: Duration, limit: Int) async throws -> Int {
        let rows = try await pool.batch([
            """
            WITH o AS (DELETE FROM orders WHERE id IN (SELECT id FROM orders WHERE \(Self.unpaid) AND erased_at IS NOT NULL \
            AND updated_at < \(Timestamp.now - age) ORDER BY erased_at LIMIT \(literal: limit) FOR UPDATE SKIP LOCKED) \
            RETURNING id, cart_id, created_at), \
            i AS (DELETE FROM idempotency USING o WHERE \(Self.storedResponse)), \
            c AS (DELETE FROM cart USING o WHERE cart.id = o.cart_id) SELECT count(*) FROM o
            """
        ])
        return try rows.first?.first.map { row in Int(clamping: try row[0, as: Int64.self]) } ?? 0
    }

    /// The condition that a row of `idempotency` is the stored response to order `o`, which was written in the same
    /// transaction and has the same time.
    static let storedResponse: PostgresQuery =
        "idempotency.created_at = o.created_at AND idempotency.location = '/v1/orders/' || o.id"

    /// Replaces the oldest movements of stock that are older than `age` by their sums.
    /// - Parameter limit: how many ids are read; ids have gaps, so there may be more movements although fewer were found
    /// - Returns: how many; 0 where there are no more.
    package func sumUpMovements(olderThan age: Duration, limit: Int) async throws -> Int {
        // A function of the ledger's owner: the service may add to the ledger and not delete from it.
        let rows = try await pool.batch([
            "SELECT stock_movement_sum_up(\(Timestamp.now - age), \(Int32(clamping: limit)))"
        ])
        return try rows.first?.first.map { row in Int(clamping: try row[0, as: Int64.self]) } ?? 0
    }

    /// Deletes up to `limit` rows about holders whose stock is no longer reserved, which the release before has left.
    /// - Returns: how many.
    package func dropHolds(limit: Int) async throws -> Int {
        try await pool.batch([
            """
            DELETE FROM order_hold WHERE order_id IN (SELECT h.order_id FROM order_hold h JOIN reservation r \
            ON r.order_id = h.order_id WHERE r.state <> 'held' LIMIT \(literal: limit) FOR UPDATE OF h SKIP LOCKED)
            """
        ]).first?.affectedRows ?? 0
    }

    /// Deletes up to `limit` stored responses that are older than `age`.
    /// - Returns: how many.
    package func forgetAnswers(olderThan age: Duration, limit: Int) async throws -> Int {
        try await pool.batch([
            """
            DELETE FROM idempotency WHERE id IN (SELECT id FROM idempotency WHERE created_at < \(Timestamp.now - age) \
            ORDER BY created_at LIMIT \(literal: limit) FOR UPDATE SKIP LOCKED)
            """
        ]).first?.affectedRows ?? 0
    }

    /// How many units are in stock, and how many of them are reserved by orders. Reads all of the stock.
    package func heldStock() async throws -> (held: Int64, onHand: Int64) {
        let rows = try await pool.query("SELECT coalesce(sum(reserved), 0), coalesce(sum(on_hand), 0) FROM stock")
        return try rows.first?.decode((Int64, Int64).self) ?? (0, 0)
    }
}
