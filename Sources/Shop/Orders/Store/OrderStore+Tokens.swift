import Formats
import FoundationEssentials
import PostgresClient
import Web

/// Further tokens of orders: each mail about an order has a link with a token of its own, so that no stored text contains one.
extension OrderStore {
    /// How many further tokens an order has at most. With more, the oldest one is removed. All attempts to send all mails of an
    /// order need fewer.
    private static let mostTokens = 64

    /// Adds a token to an order.
    /// - Returns: false where the order does not exist, or its person was erased.
    package func add(_ token: RandomToken, to order: UUID) async throws -> Bool {
        let rows = try await pool.batch([
            """
            WITH o AS (SELECT id FROM orders WHERE id = \(order) AND erased_at IS NULL FOR KEY SHARE), \
            t AS (INSERT INTO order_token (token_hash, order_id) SELECT \(token.hash), id FROM o), \
            d AS (DELETE FROM order_token WHERE token_hash IN (SELECT token_hash FROM order_token \
            WHERE order_id = \(order) ORDER BY created_at DESC OFFSET \(literal: Self.mostTokens - 1))) \
            SELECT count(*) FROM o
            """
        ])
        return try rows.first?.first.map { row in try row[0, as: Int64.self] > 0 } ?? false
    }

    /// Removes a token that was given to no one.
    package func remove(_ token: RandomToken) async throws {
        _ = try await pool.batch(["DELETE FROM order_token WHERE token_hash = \(token.hash)"])
    }
}
