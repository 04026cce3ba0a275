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
    /// - Parameter session: that of the customer whose cart it is; nil for a guest's
    func issue(for cart: CartStore.Key, session: UUID?) async throws -> (ticket: RandomToken, expiresAt: Timestamp)? {
        let ticket = RandomToken()
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

    /// How long a stream lasts that was opened with the token of another issuer: the shop does not know when that session ends.
    private static let longestExternal = Duration.seconds(3_600)

    /// Who a ticket was issued to.
    enum Holder {
        case guest
        case customer(ListeningSession)
    }

    /// Consumes a ticket.
    /// - Returns: nil where it is not valid for this cart, or the session in which it was issued has ended.
    func redeem(_ ticket: String, for cart: UUID) async throws -> Holder? {
        let rows = try await pool.batch([
            """
            WITH t AS (DELETE FROM cart_ticket WHERE hash = \(RandomToken.hash(of: ticket)) AND cart_id = \(cart) \
            AND expires_at > now() RETURNING session_id) SELECT t.session_id, a.id, a.epoch, \
            coalesce(s.expires_at, CASE WHEN x.id IS NOT NULL THEN now() + \(Self.longestExternal.wholeMicroseconds) \
            * interval '1 microsecond' END) FROM t \
            LEFT JOIN account_session s ON s.id = t.session_id AND s.expires_at > now() \
            LEFT JOIN external_identity x ON x.session_id = t.session_id \
            LEFT JOIN account a ON a.id = coalesce(s.account_id, x.account_id) AND a.disabled_at IS NULL
            """
        ])
        guard let row = rows.first?.first else { return nil }
        let (session, account, epoch, expires) = try row.decode((UUID?, UUID?, Int32?, Timestamp?).self)
        guard let session else { return .guest }
        guard let account, let epoch, let expires else { return nil }
        return .customer(
            ListeningSession(principal: Principal(account: account, session: session), epoch: epoch, expiresAt: expires))
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
