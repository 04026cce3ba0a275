import Inventory
import Money
import Formats
import FoundationEssentials
import PostgresClient
import Web

extension CartStore {
    /// What a write finds under the cart's lock.
    struct State {
        struct Known {
            let id: UUID
            let price: Int64
            let currency: String
            /// The most that an order can have of it.
            var maximum = LineQuantity.maximum
        }

        let version: Int64
        let status: CartStatus
        /// The cart's.
        let currency: String
        /// The variant, where the catalogue offers it.
        var variant: Known?
        /// The variant of the line, offered or not.
        var lineVariant: Known?
        /// The line's quantity, nil where there is no line.
        var quantity: Int?
        var lines = 0
    }

    /// Locks, decides, writes, reads the cart again: two round trips.
    func write(
        _ key: Key, sku: String, ifMatch: EntityTagCondition?, _ decide: (State) throws -> PostgresQuery
    ) async throws -> Cart {
        let cart = try await pool.transaction { transaction in
            let found = try await transaction.batch([Self.lock(key), Self.line(sku, in: key)])
            var state = try Self.state(found[0])
            let order = state.status == .converted ? try found[1].first.flatMap { try Self.order($0[7]) } : nil
            try CartRules.checkWritable(status: state.status, version: state.version, expected: ifMatch, order: order)
            if let row = found[1].first {
                state.lines = Int(try row[4, as: Int64.self])
                if let id = try row[0, as: UUID?.self], let price = try row[1, as: Int64?.self] {
                    let known = State.Known(
                        id: id, price: price, currency: try row[6],
                        maximum: Int(try row[5, as: Int32?.self] ?? Int32(LineQuantity.maximum)))
                    if try row[2, as: Bool?.self] ?? false { state.variant = known }
                    if let quantity = try row[3, as: Int32?.self] {
                        state.quantity = Int(quantity)
                        state.lineVariant = known
                    }
                }
            }
            let written = try await transaction.commit(with: [
                try decide(state),
                """
                UPDATE cart SET version = version + 1, updated_at = now(), expires_at = now() + \
                \(lifetime.wholeMicroseconds) * interval '1 microsecond' WHERE id = \(key.id)
                """,
                Self.view(key),
            ])
            guard let cart = try Self.decode(written[2]) else { throw Problem.notFound }
            return cart
        }
        changed(CartChangedEvent(cart.id, version: cart.version))
        return cart
    }

    static func state(_ rows: PostgresRows) throws -> State {
        guard let row = rows.first else { throw Problem.notFound }
        return State(
            version: try row[0], status: CartStatus(rawValue: try row[1], isPastExpiry: try row[2]), currency: try row[3])
    }

    static func lock(_ key: Key) -> PostgresQuery {
        """
        SELECT version, status, expires_at <= now(), currency FROM cart \
        WHERE id = \(key.id) AND token_hash = \(key.tokenHash) FOR UPDATE
        """
    }

    /// One row always: the variant of the SKU and its line, where there are such, and how many lines there are.
    /// A statement of its own behind the lock, so that it sees what the write before committed.
    private static func line(_ sku: String, in key: Key) -> PostgresQuery {
        """
        SELECT v.id, v.price, v.active AND p.status = 'active', i.quantity, \
        (SELECT count(*) FROM cart_item WHERE cart_id = c.id), v.max_quantity, p.currency, \(orderOfCart) FROM cart c \
        LEFT JOIN variant v ON v.sku = \(sku) \
        LEFT JOIN product p ON p.id = v.product_id \
        LEFT JOIN cart_item i ON i.cart_id = c.id AND i.variant_id = v.id WHERE c.id = \(key.id)
        """
    }

    /// Id, number and status of the order that `cart c` became; null for any other cart, without looking for one.
    private static let orderOfCart: PostgresQuery = """
        CASE WHEN c.status = 'converted' THEN \
        (SELECT ARRAY[o.id::text, o.number, o.status] FROM orders o WHERE o.cart_id = c.id) END
        """

    private static func order(_ columns: [String]?) throws -> CartOrder? {
        guard let columns, columns.count == 3, let id = UUID(utf8: columns[0].utf8) else { return nil }
        return CartOrder(id: id, number: columns[1], status: columns[2])
    }

    static func setting(_ variant: State.Known, _ quantity: Int, in key: Key) -> PostgresQuery {
        """
        INSERT INTO cart_item (cart_id, variant_id, quantity, unit_price) \
        VALUES (\(key.id), \(variant.id), \(Int32(clamping: quantity)), \(variant.price)) \
        ON CONFLICT (cart_id, variant_id) DO UPDATE \
        SET quantity = EXCLUDED.quantity, unit_price = EXCLUDED.unit_price
        """
    }

    static func removing(_ variant: UUID, from key: Key) -> PostgresQuery {
        "DELETE FROM cart_item WHERE cart_id = \(key.id) AND variant_id = \(variant)"
    }

    static func view(_ key: Key) -> PostgresQuery {
        "\(columns) WHERE c.id = \(key.id) AND c.token_hash = \(key.tokenHash) \(lineOrder)"
    }

    static func view(_ id: UUID) -> PostgresQuery { "\(columns) WHERE c.id = \(id) \(lineOrder)" }

    private static let columns: PostgresQuery =
        """
        SELECT c.id, c.version, c.status, c.currency, c.updated_at, c.expires_at, c.expires_at <= now(), \
        i.quantity, i.unit_price, v.id, v.sku, v.price, v.options, p.id, p.name, p.currency, \
        v.active AND p.status = 'active', s.on_hand - s.reserved, v.max_quantity, \(orderOfCart) \
        FROM cart c LEFT JOIN cart_item i ON i.cart_id = c.id LEFT JOIN variant v ON v.id = i.variant_id \
        LEFT JOIN product p ON p.id = v.product_id LEFT JOIN stock s ON s.variant_id = v.id
        """
    private static let lineOrder: PostgresQuery = "ORDER BY i.added_at, i.variant_id"

    static func decode(_ rows: PostgresRows) throws -> Cart? {
        guard let first = rows.first else { return nil }
        let currency = try first[3, as: String.self]
        var lines: [CartLine] = []
        for row in rows {
            guard let quantity = try row[7, as: Int32?.self] else { continue }
            // A product that has moved to another currency is no longer offered to this cart.
            let isPriced = try row[15, as: String.self] == currency
            let seen = try row[8, as: Int64.self]
            lines.append(
                CartLine(
                    variant: try row[9], sku: try row[10], product: try row[13], name: try row[14],
                    options: try row[12, as: PostgresJSON.self].compact, quantity: Int(quantity),
                    unitPrice: Money(isPriced ? try row[11] : seen, currency), seenPrice: seen,
                    isOffered: try row[16] && isPriced,
                    available: Int(try row[17, as: Int32?.self] ?? 0), maximum: Int(try row[18, as: Int32.self])))
        }
        return Cart(
            id: try first[0], version: try first[1],
            status: CartStatus(rawValue: try first[2], isPastExpiry: try first[6]),
            currency: currency, updatedAt: try first[4], expiresAt: try first[5], lines: lines,
            order: try order(first[19]))
    }
}
