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
    /// - Parameter principal: the person who is signed in
    func issue(
        for cart: CartStore.Key, to principal: Principal?
    ) async throws -> (ticket: RandomToken, expiresAt: Timestamp)? {
        let ticket = RandomToken()
        // A guest's cart is opened by its token alone.
        let session = cart.isCustomers ? principal?.session : nil
        let rows = try await pool.batch([
            """
            INSERT INTO cart_ticket (hash, cart_id, session_id, expires_at) SELECT \(ticket.hash), id, \(session as UUID?), now() + \
            \(lifetime.wholeMicroseconds) * interval '1 microsecond' FROM cart \
            WHERE id = \(cart.id) AND token_hash = \(cart.tokenHash) RETURNING expires_at
            """
        ])
        guard let row = rows.first?.first else { return nil }
        return (ticket, try row[0])
    }

    /// What a ticket opens a cart for.
    enum Holder: Equatable {
        case guest
        case customer(Principal)
    }

    /// Consumes a ticket.
    /// - Returns: nil for one that is not valid for this cart, or whose session has ended.
    func redeem(_ ticket: String, for cart: UUID) async throws -> Holder? {
        let rows = try await pool.execute(
            """
            WITH t AS (DELETE FROM cart_ticket WHERE hash = \(RandomToken.hash(of: ticket)) AND cart_id = \(cart) \
            AND expires_at > now() RETURNING session_id) \
            SELECT t.session_id, s.account_id FROM t LEFT JOIN account_session s ON s.id = t.session_id
            """)
        guard let (session, account) = try rows.first?.decode((UUID?, UUID?).self) else { return nil }
        guard let session else { return .guest }
        return account.map { .customer(Principal(account: $0, session: session)) }
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
