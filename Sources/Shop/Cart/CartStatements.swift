import Formats
import FoundationEssentials
import Inventory
import Money
import PostgresClient

/// The SQL of carts.
enum CartStatements {
    // MARK: Writing

    /// Locks the cart.
    static func lock(_ key: CartStore.Key) -> PostgresQuery {
        "SELECT \(LockColumn.list) FROM cart WHERE id = \(key.id) AND token_hash = \(key.tokenHash) FOR UPDATE"
    }

    enum LockColumn: Int, PostgresColumn {
        case version, status, isPastExpiry, currency

        var sql: PostgresQuery {
            switch self {
            case .version: "version"
            case .status: "status"
            case .isPastExpiry: "expires_at <= now()"
            case .currency: "currency"
            }
        }

        static let list = selectList
    }

    /// The variant of a SKU and its line, if they exist, and the number of lines: always one row. A statement of its own after
    /// the lock, so that it sees what the last write has committed.
    static func line(_ sku: String, in key: CartStore.Key) -> PostgresQuery {
        """
        SELECT \(LineColumn.list) FROM cart c LEFT JOIN variant v ON v.sku = \(sku) \
        LEFT JOIN product p ON p.id = v.product_id \
        LEFT JOIN cart_item i ON i.cart_id = c.id AND i.variant_id = v.id WHERE c.id = \(key.id)
        """
    }

    enum LineColumn: Int, PostgresColumn {
        case variant, price, currency, isOffered, maximum, quantity, lines, order

        var sql: PostgresQuery {
            switch self {
            case .variant: "v.id"
            case .price: "v.price"
            case .currency: "p.currency"
            case .isOffered: "v.active AND p.status = 'active'"
            case .maximum: "v.max_quantity"
            case .quantity: "i.quantity"
            case .lines: "(SELECT count(*) FROM cart_item WHERE cart_id = c.id)"
            case .order: orderOfCart
            }
        }

        static let list = selectList
    }

    static func set(_ variant: CartState.Variant, _ quantity: Int, in key: CartStore.Key) -> PostgresQuery {
        """
        INSERT INTO cart_item (cart_id, variant_id, quantity, unit_price) \
        VALUES (\(key.id), \(variant.id), \(Int32(clamping: quantity)), \(variant.price)) \
        ON CONFLICT (cart_id, variant_id) DO UPDATE \
        SET quantity = EXCLUDED.quantity, unit_price = EXCLUDED.unit_price
        """
    }

    static func remove(_ variant: UUID, from key: CartStore.Key) -> PostgresQuery {
        "DELETE FROM cart_item WHERE cart_id = \(key.id) AND variant_id = \(variant)"
    }

    // MARK: Reading

    static func cart(_ key: CartStore.Key) -> PostgresQuery {
        "\(select) WHERE c.id = \(key.id) AND c.token_hash = \(key.tokenHash) \(lineOrder)"
    }

    static func cart(_ id: UUID) -> PostgresQuery { "\(select) WHERE c.id = \(id) \(lineOrder)" }

    private static let select: PostgresQuery = """
        SELECT \(CartColumn.selectList) \
        FROM cart c LEFT JOIN cart_item i ON i.cart_id = c.id LEFT JOIN variant v ON v.id = i.variant_id \
        LEFT JOIN product p ON p.id = v.product_id LEFT JOIN stock s ON s.variant_id = v.id
        """
    private static let lineOrder: PostgresQuery = "ORDER BY i.added_at, i.variant_id"

    /// The columns of a cart with one of its lines; those of the line are null in an empty cart.
    enum CartColumn: Int, PostgresColumn {
        case id, version, status, currency, updatedAt, expiresAt, isPastExpiry, order
        case quantity, seenPrice, variant, sku, price, options, variantName, maximum
        case product, name, slug, image, productCurrency, isOffered, available

        var sql: PostgresQuery {
            switch self {
            case .id: "c.id"
            case .version: "c.version"
            case .status: "c.status"
            case .currency: "c.currency"
            case .updatedAt: "c.updated_at"
            case .expiresAt: "c.expires_at"
            case .isPastExpiry: "c.expires_at <= now()"
            case .order: orderOfCart
            case .quantity: "i.quantity"
            case .seenPrice: "i.unit_price"
            case .variant: "v.id"
            case .sku: "v.sku"
            case .price: "v.price"
            case .options:
                """
                CASE WHEN cardinality(v.option_order) > 1 THEN options_ordered(v.options, v.option_order)::text \
                ELSE v.options::text END
                """
            case .variantName: "v.name"
            case .maximum: "v.max_quantity"
            case .product: "p.id"
            case .name: "p.name"
            case .slug: "p.slug"
            case .image: "p.images->0"
            case .productCurrency: "p.currency"
            case .isOffered: "v.active AND p.status = 'active'"
            case .available: StockSQL.available
            }
        }
    }

    /// Id, number and status of the order that was placed from `cart c`. Null for a cart that is not converted, without a look
    /// at the orders.
    private static let orderOfCart: PostgresQuery = """
        CASE WHEN c.status = 'converted' THEN \
        (SELECT ARRAY[o.id::text, o.number, o.status] FROM orders o WHERE o.cart_id = c.id) END
        """
}

/// What a write finds under the cart's lock.
struct CartState {
    struct Variant {
        let id: UUID
        let price: Int64
        let currency: String
        /// The largest quantity that an order can have.
        var maximum = LineQuantity.maximum
    }

    let version: Int64
    let status: CartStatus
    /// The cart's currency.
    let currency: String
    /// The order that was placed from the cart.
    var order: CartOrder?
    /// The variant, if it is offered.
    var variant: Variant?
    /// The variant of the line, offered or not.
    var lineVariant: Variant?
    /// The line's quantity; nil for a new line.
    var quantity: Int?
    var lines = 0
}

// MARK: Rows

extension CartState {
    /// - Parameter rows: the rows of ``CartStatements/lock(_:)``; nil where there are none
    init?(_ rows: PostgresRows) throws(PostgresError) {
        guard let row = rows.named(CartStatements.LockColumn.self).first else { return nil }
        version = try row[.version]
        status = CartStatus(rawValue: try row[.status], isPastExpiry: try row[.isPastExpiry])
        currency = try row[.currency]
    }

    /// - Parameter rows: the rows of ``CartStatements/line(_:in:)``
    mutating func readLine(_ rows: PostgresRows) throws(PostgresError) {
        guard let row = rows.named(CartStatements.LineColumn.self).first else { return }
        order = CartOrder(try row[.order, as: [String]?.self])
        lines = Int(try row[.lines, as: Int64.self])
        guard let id = try row[.variant, as: UUID?.self], let price = try row[.price, as: Int64?.self] else { return }
        let variant = Variant(
            id: id, price: price, currency: try row[.currency],
            maximum: Int(try row[.maximum, as: Int32?.self] ?? Int32(LineQuantity.maximum)))
        if try row[.isOffered, as: Bool?.self] ?? false { self.variant = variant }
        if let quantity = try row[.quantity, as: Int32?.self] {
            self.quantity = Int(quantity)
            lineVariant = variant
        }
    }
}

extension Cart {
    /// - Parameter rows: the rows of ``CartStatements/cart(_:)``; nil where there are none
    init?(_ rows: PostgresRows) throws(PostgresError) {
        let rows = rows.named(CartStatements.CartColumn.self)
        guard let first = rows.first else { return nil }
        let currency = try first[.currency, as: String.self]
        var lines: [CartLine] = []
        for row in rows {
            guard let quantity = try row[.quantity, as: Int32?.self] else { continue }
            // A product that has changed to another currency is no longer offered to this cart.
            let isPriced = try row[.productCurrency, as: String.self] == currency
            let seen = try row[.seenPrice, as: Int64.self]
            lines.append(
                CartLine(
                    variant: try row[.variant], sku: try row[.sku], product: try row[.product], name: try row[.name],
                    slug: try row[.slug], variantName: try row[.variantName],
                    image: try row[.image, as: PostgresJSON?.self]?.compact,
                    options: PostgresJSON(Array(try row[.options, as: String.self].utf8)).compact, quantity: Int(quantity),
                    unitPrice: Money(isPriced ? try row[.price] : seen, currency), seenPrice: seen,
                    isOffered: try row[.isOffered] && isPriced, available: Int(try row[.available, as: Int32?.self] ?? 0),
                    maximum: Int(try row[.maximum, as: Int32.self])))
        }
        self.init(
            id: try first[.id], version: try first[.version],
            status: CartStatus(rawValue: try first[.status], isPastExpiry: try first[.isPastExpiry]), currency: currency,
            updatedAt: try first[.updatedAt], expiresAt: try first[.expiresAt], lines: lines,
            order: CartOrder(try first[.order, as: [String]?.self]))
    }
}

extension CartOrder {
    /// The columns of `orders` for the order that was placed from a cart.
    package enum Column: Int, PostgresColumn {
        case cart, id, number, status

        package var sql: PostgresQuery {
            switch self {
            case .cart: "cart_id"
            case .id: "id"
            case .number: "number"
            case .status: "status"
            }
        }

        package static let list = selectList
    }

    package init(_ row: PostgresNamedRow<Column>) throws(PostgresError) {
        self.init(id: try row[.id], number: try row[.number], status: try row[.status])
    }

    /// - Parameter parts: id, number and status
    fileprivate init?(_ parts: [String]?) {
        guard let parts, parts.count == 3, let id = UUID(utf8: parts[0].utf8) else { return nil }
        self.init(id: id, number: parts[1], status: parts[2])
    }
}
