import Formats
import FoundationEssentials
import Inventory
import PostgresClient
import Web

extension CartStore.Key {
    /// The key of a customer's cart.
    package init(id: UUID, account: UUID) {
        self.init(id: id, tokenHash: Self.opener(of: account))
    }

    /// What a customer's cart has in place of a token's hash: the account. A guest cannot send it, since the hash of every token has 32
    /// bytes and this has 24. So each statement finds a cart by its opener, and none is found without.
    package static func opener(of account: UUID) -> [UInt8] { Array("account:".utf8) + account.bytes }

    /// Whether the cart is a customer's.
    var isCustomers: Bool { tokenHash.count != SHA256.length }
}

extension CartStore {
    /// The condition that a row of `cart` is a customer's, active or not. The index `cart_customer` finds it.
    package static func isOwned(by account: UUID) -> PostgresQuery {
        "token_hash = \(Key.opener(of: account)) AND octet_length(token_hash) = 24"
    }

    /// Locks a customer's account before any cart of it is locked or made: an account that is being deleted gets no cart any more.
    static func holding(_ account: UUID) -> PostgresQuery { "SELECT FROM account WHERE id = \(account) FOR KEY SHARE" }

    /// The carts of a customer, also those that have ended, as they are now.
    /// - Parameter last: the cart after which they follow, in the order of their ids; nil for the first ones
    package func carts(ofAccount account: UUID, after last: UUID?, limit: Int) async throws -> [Cart] {
        let rows = try await pool.query(
            """
            SELECT id FROM cart WHERE \(Self.isOwned(by: account)) AND id > \(last ?? UUID(high: 0, low: 0)) ORDER BY id \
            LIMIT \(literal: limit)
            """)
        var carts: [Cart] = []
        for row in rows {
            if let cart = try await cart(try row[0, as: UUID.self]) { carts.append(cart) }
        }
        return carts
    }

    /// Reads carts in a transaction that has locked them.
    package static func carts(_ ids: [UUID], in transaction: PostgresTransaction) async throws -> [Cart] {
        try await transaction.batch(ids.map { CartStatements.cart($0) }).compactMap { try Cart($0) }
    }
}

/// The carts of customers. Each customer has one active cart, which the unique index `cart_opener` ensures.
extension CartStore {
    /// The customer's active cart, which is created where there is none.
    package func cart(ofAccount account: UUID, currency: String) async throws -> (cart: Cart, isNew: Bool) {
        let opener = Key.opener(of: account)
        let now = Timestamp.now
        let id = UUID.v7(at: now)
        let rows = try await pool.batch([
            Self.holding(account),
            Self.expiring(opener),
            """
            INSERT INTO cart (id, token_hash, currency, created_at, updated_at, expires_at) SELECT \(id), \(opener), \
            \(currency), \(now), \(now), \(now + customerLifetime) FROM account WHERE id = \(account) \
            ON CONFLICT (token_hash) WHERE status = 'active' DO NOTHING
            """,
            "SELECT id FROM cart WHERE token_hash = \(opener) AND status = 'active'",
        ])
        guard let found = try rows.last?.first?.decode((UUID).self),
            let cart = try await cart(Key(id: found, tokenHash: opener))
        else { throw Problem.noCart }
        return (cart, found == id)
    }

    /// The customer's cart is past its time, although the job that marks it has not run.
    static func expiring(_ opener: [UInt8]) -> PostgresQuery {
        """
        UPDATE cart SET status = 'expired', version = version + 1, updated_at = now() \
        WHERE token_hash = \(opener) AND status = 'active' AND expires_at <= now()
        """
    }

    /// Merges a guest's cart into the customer's, which is created where there is none: the guest's token opens nothing of the
    /// customer's afterwards, and neither do streams that it has opened. A cart that is not active, or whose lines have another currency,
    /// stays as it is.
    /// - Parameter token: that of the guest's cart; nil or another text for none
    /// - Returns: the customer's active cart; nil where there is none
    package func adopt(cartOf token: String?, for account: UUID) async throws -> UUID? {
        let opener = Key.opener(of: account)
        let guest = token.map { RandomToken.hash(of: $0) } ?? opener
        let outcome = try await pool.transaction { transaction -> (UUID?, [CartChangedEvent]) in
            let rows = try await transaction.batch([
                Self.holding(account),
                Self.expiring(opener),
                """
                SELECT id, version, currency, token_hash FROM cart WHERE token_hash = ANY(\([opener, guest])) \
                AND status = 'active' AND expires_at > now() ORDER BY id FOR UPDATE
                """,
            ])
            var own: LockedCart?
            var other: LockedCart?
            for row in rows[2] {
                let cart = try LockedCart(row)
                if cart.opener == opener { own = cart } else { other = cart }
            }
            // Without an account there is nothing to merge into.
            guard let other, rows[0].first != nil else {
                _ = try await transaction.commit()
                return (own?.id, [])
            }
            if let own, own.currency != other.currency {
                _ = try await transaction.commit()
                return (own.id, [])
            }
            let target = own ?? LockedCart(id: UUID.v7(at: .now), version: 0, currency: other.currency, opener: opener)
            var statements: [PostgresQuery] = []
            if own == nil {
                statements.append(
                    """
                    INSERT INTO cart (id, token_hash, currency, version, created_at, updated_at, expires_at) \
                    VALUES (\(target.id), \(opener), \(target.currency), 0, now(), now(), now())
                    """)
            }
            let lines = try await transaction.query(Self.mergeLines(target.id, other.id))
            statements += try Self.merging(other, into: target, lines, lifetime: customerLifetime)
            _ = try await transaction.commit(with: statements)
            return (
                target.id,
                [
                    CartChangedEvent(target.id, version: target.version + 1),
                    CartChangedEvent(other.id, version: other.version + 1),
                ]
            )
        }
        for event in outcome.1 { changed(event) }
        return outcome.0
    }

    private struct LockedCart {
        let id: UUID
        let version: Int64
        let currency: String
        let opener: [UInt8]

        init(id: UUID, version: Int64, currency: String, opener: [UInt8]) {
            self.id = id
            self.version = version
            self.currency = currency
            self.opener = opener
        }

        init(_ row: PostgresRow) throws {
            (id, version, currency, opener) = try row.decode((UUID, Int64, String, [UInt8]).self)
        }
    }

    private static func mergeLines(_ own: UUID, _ guest: UUID) -> PostgresQuery {
        """
        SELECT i.cart_id, i.variant_id, i.quantity, i.unit_price, v.max_quantity, CASE WHEN v.active AND p.status = 'active' \
        THEN \(StockSQL.available) END FROM cart_item i JOIN variant v ON v.id = i.variant_id \
        JOIN product p ON p.id = v.product_id LEFT JOIN stock s ON s.variant_id = v.id \
        WHERE i.cart_id = ANY(\([own, guest])) ORDER BY i.added_at, i.variant_id
        """
    }

    private static func merging(
        _ guest: LockedCart, into own: LockedCart, _ rows: PostgresRows, lifetime: Duration
    ) throws -> [PostgresQuery] {
        var owned: [UUID: MergeLine] = [:]
        var brought: [UUID: (line: MergeLine, price: Int64)] = [:]
        var order: [UUID] = []
        for row in rows {
            let (cart, variant, quantity, price, maximum, available) = try row.decode(
                (UUID, UUID, Int32, Int64, Int32, Int32?).self)
            let line = MergeLine(quantity: Int(quantity), maximum: Int(maximum), available: available.map { Int($0) })
            if cart == own.id {
                owned[variant] = line
            } else {
                brought[variant] = (line, price)
                order.append(variant)
            }
        }
        let taken = CartMerge.taken(own: Set(owned.keys), guest: order)
        let quantities = taken.map { Int32(clamping: CartMerge.quantity(own: owned[$0], guest: brought[$0]?.line)) }
        return [
            """
            INSERT INTO cart_item (cart_id, variant_id, quantity, unit_price, added_at) SELECT \(own.id), l.variant, l.quantity, \
            l.price, now() + l.place * interval '1 microsecond' FROM unnest(\(taken), \(quantities), \
            \(taken.map { brought[$0]?.price ?? 0 })) WITH ORDINALITY AS l (variant, quantity, price, place) \
            ON CONFLICT (cart_id, variant_id) DO UPDATE SET quantity = EXCLUDED.quantity
            """,
            """
            UPDATE cart SET version = version + 1, updated_at = now(), is_abandoned = nullif(is_abandoned, false), \
            expires_at = now() + \(lifetime.wholeMicroseconds) * interval '1 microsecond' WHERE id = \(own.id)
            """,
            "UPDATE cart SET status = 'merged', version = version + 1, updated_at = now() WHERE id = \(guest.id)",
        ]
    }
}
