import Formats
import FoundationEssentials
import PostgresClient
import Web

/// Tickets, each of which lets one connection listen to one cart. They are for browsers, whose EventSource and WebSocket cannot
/// send the token as a header. In PostgreSQL, so that every task accepts a ticket of every other, and only once.
package struct CartTicketStore {
    let pool: PostgresPool
    /// How long a ticket is valid.
    let lifetime: Duration

    package init(pool: PostgresPool, lifetime: Duration) {
        self.pool = pool
        self.lifetime = lifetime
    }

    /// A new ticket and its expiry; nil where there is no such cart.
    func issue(for cart: CartStore.Key) async throws -> (ticket: RandomToken, expiresAt: Timestamp)? {
        let ticket = RandomToken()
        let rows = try await pool.batch([
            """
            INSERT INTO cart_ticket (hash, cart_id, expires_at) SELECT \(ticket.hash), id, now() + \
            \(lifetime.wholeMicroseconds) * interval '1 microsecond' FROM cart \
            WHERE id = \(cart.id) AND token_hash = \(cart.tokenHash) RETURNING expires_at
            """
        ])
        guard let row = rows.first?.first else { return nil }
        return (ticket, try row[0])
    }

    /// Consumes a ticket.
    /// - Returns: whether it was valid for this cart.
    func redeem(_ ticket: String, for cart: UUID) async throws -> Bool {
        let rows = try await pool.batch([
            "DELETE FROM cart_ticket WHERE hash = \(RandomToken.hash(of: ticket)) AND cart_id = \(cart) AND expires_at > now()"
        ])
        return rows.first?.affectedRows == 1
    }

    /// Deletes up to `limit` expired tickets.
    /// - Returns: how many.
    package func sweep(limit: Int) async throws -> Int {
        try await pool.batch([
            """
            DELETE FROM cart_ticket WHERE hash IN (SELECT hash FROM cart_ticket WHERE expires_at <= now() \
            ORDER BY expires_at LIMIT \(literal: limit) FOR UPDATE SKIP LOCKED)
            """
        ]).first?.affectedRows ?? 0
    }
}
