import Cart
import Events
import Formats
import FoundationEssentials
import PostgresClient

/// The statements that remove a person, of `commerce erase` and of customers who delete their account (decision 40).
extension OrderStore {
    /// Removes the persons of orders that are locked, and returns how many there were.
    package static func erasing(_ ids: [UUID]) -> PostgresQuery {
        """
        WITH o AS (UPDATE orders SET \(blanking), customer_id = NULL WHERE id = ANY(\(ids)) \
        RETURNING id, cart_id, created_at, status), \(erasingRest) SELECT count(*) FROM o
        """
    }

    /// Common table expressions that remove what belongs to the orders in `o`: the stored responses (`i`), the carts (`c`), and all that
    /// ``forgetting`` names.
    static let erasingRest: PostgresQuery = """
        i AS (DELETE FROM idempotency USING o WHERE \(storedResponse) RETURNING 1), \
        c AS (DELETE FROM cart USING o WHERE cart.id = o.cart_id RETURNING 1), \
        h AS (DELETE FROM order_hold WHERE order_id = ANY(ARRAY(SELECT id FROM o))), \
        \(forgetting)
        """

    /// Removes what is kept about an address without an account: requests, and mails that the shop shows itself. Of those it has a few
    /// hundred at most.
    package static func erasing(emailKey: String) -> [PostgresQuery] {
        [
            "DELETE FROM account_request WHERE email_key = \(emailKey)",
            "DELETE FROM mailbox_message WHERE lower(recipient COLLATE \"C\") = \(emailKey)",
        ]
    }

    /// Deletes an account that is locked, with all that belongs to it, removes its person from events, and returns the epoch that ends
    /// its sessions.
    package static func erasing(account: UUID) -> PostgresQuery {
        """
        WITH e AS (INSERT INTO external_identity_end SELECT sha256(convert_to(issuer || ' ' || subject, 'UTF8')), clock_timestamp() \
        FROM external_identity WHERE account_id = \(account) ON CONFLICT (identity_hash) DO UPDATE SET ended_at = EXCLUDED.ended_at), \
        a AS (DELETE FROM account WHERE id = \(account) RETURNING id, epoch), \
        c AS (DELETE FROM cart WHERE \(CartStore.isOwned(by: account))), \
        x AS (UPDATE outbox SET payload = (payload::jsonb || '{"email": "", "name": null}')::text \
        WHERE aggregate_id = \(account) RETURNING position), \
        d AS (UPDATE delivery SET answer = NULL, error = NULL FROM event_target t WHERE target_id = t.id \
        AND position = ANY(ARRAY(SELECT position FROM x)) AND (answer IS NOT NULL OR error IS NOT NULL)) \
        INSERT INTO session_end (account_id, epoch) SELECT id, epoch + 1 FROM a RETURNING epoch
        """
    }
}

extension OrderStore {
    /// An order of a person who wants to be forgotten.
    package struct Remembered: Sendable {
        package let id: UUID
        package let number: String
        package let status: OrderStatus

        /// Whether it was paid and is under way: it needs its address.
        package var isUnderWay: Bool { ![.pendingPayment, .delivered, .cancelled, .expired].contains(status) }
    }

    /// Locks the orders of a customer, and those that guests have placed with the same address and that an account of this address
    /// would get: the person is in both.
    package static func lock(
        _ customer: UUID, emailKey: String?, in transaction: PostgresTransaction
    ) async throws -> [Remembered] {
        let rows = try await transaction.query(
            """
            SELECT id, number, status FROM orders WHERE id = ANY(ARRAY(SELECT id FROM orders WHERE customer_id = \(customer) \
            UNION ALL SELECT id FROM orders WHERE customer_id IS NULL AND lower(email COLLATE "C") = \(emailKey as String?))) \
            ORDER BY id FOR UPDATE
            """)
        return try rows.map { row in
            let (id, number, status) = try row.decode((UUID, String, String).self)
            return Remembered(id: id, number: number, status: OrderStatus(rawValue: status))
        }
    }

    /// Cancels orders that are locked and not paid, returns their stock, and inserts their events. The caller commits.
    package static func cancel(_ ids: [UUID], reason: String, in transaction: PostgresTransaction) async throws {
        guard !ids.isEmpty else { return }
        let locking: PostgresQuery = """
            SELECT FROM stock WHERE variant_id IN (SELECT variant_id FROM order_line WHERE order_id = ANY(\(ids))) \
            ORDER BY variant_id FOR UPDATE
            """
        let events = try await closed(ids, as: .cancelled, reason: reason, after: [locking], in: transaction)
        if !events.isEmpty { _ = try await transaction.batch([Outbox.inserting(events)]) }
    }
}

/// What else knows the person of an order: its further tokens, its events, and what came of their deliveries.
extension OrderStore {
    /// Common table expressions that remove the person of the orders in `o` from everywhere but the orders' own rows.
    ///
    /// The ids are an array, for which PostgreSQL expects few elements: it uses the indexes, however many orders it takes `o` for.
    static let forgetting: PostgresQuery = """
        k AS (DELETE FROM order_token WHERE order_id = ANY(ARRAY(SELECT id FROM o))), \
        x AS (UPDATE outbox SET payload = (payload::jsonb || jsonb_build_object('email', '', 'shipping_address', \
        jsonb_strip_nulls(jsonb_build_object('country', payload::jsonb #> '{shipping_address,country}'))))::text \
        WHERE aggregate_id = ANY(ARRAY(SELECT id FROM o)) RETURNING id, position), \
        a AS (UPDATE delivery SET answer = NULL, error = NULL FROM event_target t WHERE target_id = t.id \
        AND position = ANY(ARRAY(SELECT position FROM x)) AND (answer IS NOT NULL OR error IS NOT NULL)), \
        m AS (DELETE FROM mailbox_message WHERE event_id = ANY(ARRAY(SELECT id FROM x)))
        """
}
