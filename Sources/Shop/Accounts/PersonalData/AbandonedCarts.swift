import Cart
import Events
import Formats
import FoundationEssentials
import PostgresClient

/// Makes the event `cart.abandoned` for carts of customers that have lines and have not changed for a while: once for each cart.
///
/// The event is one of the customer's, not of the cart's: it has the e-mail address, and goes with the account when that is erased,
/// whatever has become of the cart.
package struct AbandonedCarts {
    let pool: PostgresPool
    private let age: Duration
    /// Called when events were committed.
    private let committed: () -> Void

    /// - Parameter age: the time without a change after which a cart counts as abandoned
    package init(pool: PostgresPool, age: Duration, committed: @escaping () -> Void = {}) {
        self.pool = pool
        self.age = age
        self.committed = committed
    }

    /// How long after it counts as abandoned a cart is still announced. The customers of older carts, which the job finds in its first
    /// run and after a long rest, would be surprised.
    private static let longest = Duration.seconds(7 * 86_400)

    private struct Owner {
        let id: UUID
        let email: String
        let name: String?
        let locale: String?
        let sequence: Int
    }

    /// Looks at up to `limit` carts. What another session has locked is left for later, so nothing waits for a lock.
    /// - Returns: how many carts it has looked at.
    package func announce(limit: Int) async throws -> Int {
        let (looked, announced) = try await pool.transaction { transaction in
            let found = try await transaction.query(
                """
                SELECT c.id, c.account_id, c.updated_at > \(Timestamp.now - age - Self.longest) \
                AND EXISTS (SELECT FROM cart_item i WHERE i.cart_id = c.id), \
                EXISTS (SELECT FROM account a WHERE a.id = c.account_id AND a.disabled_at IS NULL AND a.email IS NOT NULL) FROM (SELECT id, updated_at, \
                encode(substring(token_hash FROM 9), 'hex')::uuid AS account_id FROM cart WHERE status = 'active' \
                AND octet_length(token_hash) = 24 AND is_abandoned IS NULL AND updated_at < \(Timestamp.now - age) \
                AND expires_at > now() ORDER BY updated_at LIMIT \(literal: limit) FOR UPDATE SKIP LOCKED) c
                """)
            var owners: [UUID: UUID] = [:]
            var others: [UUID] = []
            for row in found {
                let (cart, account, hasLines, isActive) = try row.decode((UUID, UUID, Bool, Bool).self)
                if hasLines, isActive { owners[account] = cart } else { others.append(cart) }
            }
            let locked = try await transaction.query(
                """
                SELECT id, email, name, locale, event_sequence FROM account WHERE id = ANY(\(Array(owners.keys))) AND disabled_at IS NULL \
                AND email IS NOT NULL ORDER BY id FOR UPDATE SKIP LOCKED
                """)
            var customers: [UUID: Owner] = [:]
            for row in locked {
                let (id, email, name, locale, sequence) = try row.decode((UUID, String, String?, String?, Int32).self)
                guard let cart = owners[id] else { continue }
                customers[cart] = Owner(id: id, email: email, name: name, locale: locale, sequence: Int(sequence) + 1)
            }
            let carts = try await CartStore.carts(Array(customers.keys), in: transaction)
            let events = carts.compactMap { cart in customers[cart.id].flatMap { Self.event(cart, $0) } }
            _ = try await transaction.commit(with: [
                "UPDATE cart SET is_abandoned = true WHERE id = ANY(\(carts.map(\.id)))",
                "UPDATE cart SET is_abandoned = false WHERE id = ANY(\(others))",
                "UPDATE account SET event_sequence = event_sequence + 1 WHERE id = ANY(\(events.map(\.aggregate)))",
                Outbox.inserting(events),
            ])
            return (carts.count + others.count, events.count)
        }
        if announced > 0 { committed() }
        return looked
    }

    /// Nil for a cart whose total is larger than an amount can be.
    private static func event(_ cart: Cart, _ owner: Owner) -> OutboxEvent? {
        guard let document = try? cart.json() else { return nil }
        var json = JSONWriter(capacity: document.count + 256)
        json.beginObject()
        json.field("customer_id", owner.id)
        json.field("email", owner.email)
        json.field("name", owner.name)
        json.field("locale", owner.locale)
        json.key("cart")
        json.raw(document)
        json.endObject()
        return OutboxEvent(.cartAbandoned, of: owner.id, sequence: owner.sequence, payload: json.finish())
    }
}

extension EventType {
    package static let cartAbandoned = EventType(
        "cart.abandoned", aggregate: "customer", schema: "AbandonedCart",
        "A customer's cart with lines has not changed for a while (`CART_ABANDONED_AFTER`). Each cart has this event once at most."
    )
}
