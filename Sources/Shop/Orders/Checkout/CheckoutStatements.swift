import Cart
import EventLoop
import Events
import Formats
import FoundationEssentials
import Inventory
import PostgresClient

/// The SQL that places the orders of one transaction.
enum CheckoutStatements {
    // MARK: Reading

    enum KeyColumn: Int, PostgresColumn {
        case hasLock, now

        var sql: PostgresQuery {
            switch self {
            case .hasLock: "pg_try_advisory_xact_lock(k.lock)"
            case .now: "now()"
            }
        }

        static let list = selectList
    }

    enum StoredResponseColumn: Int, PostgresColumn {
        case id, requestHash, location, body, sealed, document

        var sql: PostgresQuery {
            switch self {
            case .id: "i.id"
            case .requestHash: "request_hash"
            case .location: "location"
            case .body: "body"
            case .sealed: "sealed"
            // A look-up, which cannot become a join: few requests are repetitions.
            case .document:
                """
                (SELECT o.payload FROM outbox o WHERE o.aggregate_id = right(i.location, 36)::uuid AND o.sequence = 1 \
                ORDER BY o.sequence, o.position LIMIT 1)
                """
            }
        }

        static let list = selectList
    }

    enum CartColumn: Int, PostgresColumn {
        case id, tokenHash, version, status, currency, isPastExpiry

        var sql: PostgresQuery {
            switch self {
            case .id: "c.id"
            case .tokenHash: "c.token_hash"
            case .version: "c.version"
            case .status: "c.status"
            case .currency: "c.currency"
            case .isPastExpiry: "c.expires_at <= now()"
            }
        }

        static let list = selectList
    }

    enum CartLineColumn: Int, PostgresColumn {
        case cart, sku, quantity

        var sql: PostgresQuery {
            switch self {
            case .cart: "i.cart_id"
            case .sku: "v.sku"
            case .quantity: "i.quantity"
            }
        }

        static let list = selectList
    }

    enum VariantColumn: Int, PostgresColumn {
        case variant, product, sku, name, options, image, price, currency, isOffered, onHand, reserved, maximum

        var sql: PostgresQuery {
            switch self {
            case .variant: "v.id"
            case .product: "v.product_id"
            case .sku: "v.sku"
            case .name: "p.name"
            case .options: "v.options"
            case .image: "p.images->0->>'url'"
            case .price: "v.price"
            case .currency: "p.currency"
            case .isOffered: "v.active AND p.status = 'active'"
            case .onHand: "coalesce(s.on_hand, 0)"
            case .reserved: "coalesce(s.reserved, 0)"
            case .maximum: "v.max_quantity"
            }
        }

        static let list = selectList
    }

    /// Reads what the decisions need, in the order of ``CheckoutSnapshot/init(_:count:)``.
    ///
    /// First come the locks of the keys, then the stored responses: a statement after the lock sees what the lock's
    /// former holder has committed. Stock is read without a lock, so that a row which many orders need is locked no longer
    /// than it takes to write it (``writing(_:reservationTime:)``).
    /// - Parameters:
    ///   - lockTimeout: how long to wait for a lock
    ///   - locksStock: whether to lock stock here already, for orders that have lost several races
    static func opening(_ requests: [CheckoutRequest], lockTimeout: Duration, locksStock: Bool) -> [PostgresQuery] {
        let keys = requests.map(\.record.id) + requests.compactMap(\.record.formerID)
        let timeout = "\(lockTimeout.nanosecondsClamped / 1_000_000)ms"
        var statements: [PostgresQuery] = [
            """
            SELECT \(KeyColumn.list), set_config('lock_timeout', \(timeout), true), \(lookUps) \
            FROM unnest(\(requests.map(\.record.lock))) WITH ORDINALITY AS k (lock, place) ORDER BY k.place
            """,
            "SELECT \(StoredResponseColumn.list) FROM idempotency i WHERE i.id = ANY(\(keys))",
        ]
        let skus = requests.flatMap { $0.quantities?.skus ?? [] }
        let carts = requests.compactMap(\.order.cart)
        guard !carts.isEmpty else {
            return statements + [variants("v.sku = ANY(\(skus))", locksStock)]
        }
        let tokens = requests.compactMap { $0.order.cart == nil ? nil : $0.cartTokenHash }
        statements.append(
            """
            SELECT \(CartColumn.list) FROM unnest(\(carts), \(tokens)) AS w (id, token) \
            JOIN cart c ON c.id = w.id AND c.token_hash = w.token ORDER BY c.id FOR UPDATE OF c
            """)
        statements.append(
            """
            SELECT \(CartLineColumn.list) FROM cart_item i JOIN variant v ON v.id = i.variant_id \
            WHERE i.cart_id = ANY(\(carts)) ORDER BY i.added_at, v.id
            """)
        // After the lock on the cart, so that it sees the order of the lock's former holder.
        statements.append("SELECT \(CartOrder.Column.list) FROM orders WHERE cart_id = ANY(\(carts))")
        let wanted: PostgresQuery = """
            v.id IN (SELECT id FROM variant WHERE sku = ANY(\(skus)) UNION ALL \
            SELECT i.variant_id FROM unnest(\(carts), \(tokens)) AS w (id, token) \
            JOIN cart c ON c.id = w.id AND c.token_hash = w.token AND c.status = 'active' \
            JOIN cart_item i ON i.cart_id = c.id)
            """
        statements.append(variants(wanted, locksStock))
        return statements
    }

    /// Holds the accounts of customers, and returns those that are there and not disabled: an account cannot be deleted while an order
    /// of it is being placed, and an order cannot be placed once its account is gone (decision 40). It comes before all other locks.
    static func holding(_ customers: [UUID], lockTimeout: Duration) -> PostgresQuery {
        let timeout = "\(lockTimeout.nanosecondsClamped / 1_000_000)ms"
        return """
            SELECT a.id FROM (SELECT set_config('lock_timeout', \(timeout), true)) t, account a \
            WHERE a.id = ANY(\(customers)) AND a.disabled_at IS NULL ORDER BY a.id FOR KEY SHARE OF a
            """
    }

    /// All statements of the transaction find rows by their keys. With these settings no plan does anything else, even for tables that
    /// are small when it is made. For the last statement, it also is what keeps its order: it takes the variants as they come, sorted,
    /// and looks each up, or it walks the index, which has the same order.
    private static let lookUps: PostgresQuery = """
        set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true)
        """

    /// Variants with their stock. A variant without a row of stock has none.
    private static func variants(_ wanted: PostgresQuery, _ locksStock: Bool) -> PostgresQuery {
        guard locksStock else {
            return """
                SELECT \(VariantColumn.list) FROM variant v JOIN product p ON p.id = v.product_id \
                LEFT JOIN stock s ON s.variant_id = v.id WHERE \(wanted) ORDER BY v.id
                """
        }
        // Locked in the order of ids. The nullable side of a join can only be locked in a query of its own.
        return """
            SELECT \(VariantColumn.list) FROM (SELECT v.* FROM variant v WHERE \(wanted) ORDER BY v.id) v \
            LEFT JOIN LATERAL (SELECT on_hand, reserved FROM stock WHERE variant_id = v.id FOR UPDATE) s ON true \
            JOIN product p ON p.id = v.product_id ORDER BY v.id
            """
    }

    // MARK: Writing

    /// Writes the orders, each with its lines, its reservation, its history and its stored response.
    ///
    /// Stock comes last. Its rows are always locked in the order of ids (``opening(_:lockTimeout:locksStock:)`` sees to it), so that
    /// transactions never wait for each other in a circle. Where other orders have taken stock since it was read, the constraint `stock_never_oversold` rejects the
    /// transaction.
    ///
    /// The events of the orders, and of stock that becomes low, are part of the same statements.
    static func writing(_ orders: [PlacedOrder], reservationTime: Duration, lowStock: Int) -> [PostgresQuery] {
        guard let at = orders.first?.order.createdAt else { return [] }
        var statements = [heads(orders, at: at, expires: at + reservationTime), lines(orders)]
        var taken: [UUID: Int] = [:]
        for line in orders.lazy.flatMap(\.order.lines) { taken[line.variant, default: 0] += line.quantity }
        let variants = taken.keys.sorted()
        let carts = orders.compactMap(\.request.order.cart)
        if let holds = HoldStatements.writing(orders) { statements.append(holds) }
        if !carts.isEmpty {
            statements.append(
                "UPDATE cart SET status = 'converted', version = version + 1, updated_at = now() WHERE id = ANY(\(carts))")
        }
        statements.append(
            LowStock.reserving(variants, quantities: variants.map { taken[$0] ?? 0 }, threshold: lowStock))
        return statements
    }

    private static func heads(_ placed: [PlacedOrder], at: Timestamp, expires: Timestamp) -> PostgresQuery {
        let orders = placed.map(\.order)
        let events = placed.map(\.event)
        return """
            WITH w AS MATERIALIZED (SELECT * FROM unnest(\(orders.map(\.id)), \(orders.map(\.number)), \(placed.map(\.request.order.cart)), \
            \(orders.map(\.email)), \(orders.map(\.currency)), \(orders.map(\.totals.subtotal.amount)), \
            \(orders.map(\.totals.discount.amount)), \(orders.map(\.totals.tax.amount)), \
            \(orders.map(\.totals.shipping.amount)), \(orders.map(\.totals.total.amount)), \
            \(orders.map { PostgresJSON($0.shippingAddress) }), \(placed.map(\.tokenHash)), \(placed.map(\.request.record.id)), \
            \(placed.map(\.request.record.requestHash)), \(placed.map(\.response.location)), \(placed.map(\.sealed)), \
            \(orders.map(\.locale)), \(events.map(\.id)), \(events.map { String(decoding: $0.payload, as: UTF8.self) }), \
            \(events.map(\.traceID)), \(placed.map(\.request.customer))) \
            AS w (id, number, cart, email, currency, subtotal, discount, tax, shipping, total, address, token, key, \
            request_hash, location, sealed, locale, event, payload, trace, customer)), \
            o AS (INSERT INTO orders (id, number, cart_id, email, currency, subtotal, discount, tax, shipping, total, \
            shipping_address, access_token_hash, locale, customer_id, created_at, updated_at, event_sequence) SELECT id, number, cart, email, \
            currency, subtotal, discount, tax, shipping, total, address, token, locale, customer, \(at), \(at), 1 FROM w), \
            e AS (INSERT INTO outbox (\(Outbox.columns)) SELECT event, \(EventType.orderPlaced.name), \
            \(Int32(clamping: EventType.orderPlaced.version)), \(EventType.orderPlaced.aggregate), id, 1, payload, trace \
            FROM w), \
            r AS (INSERT INTO reservation (order_id, expires_at) SELECT id, \(expires) FROM w), \
            h AS (INSERT INTO order_history (order_id, position, status, reason, at) \
            SELECT id, 1, 'pending_payment', 'placed', \(at) FROM w) \
            INSERT INTO idempotency (id, request_hash, status, location, sealed) \
            SELECT key, request_hash, 201, location, sealed FROM w
            """
    }

    private static func lines(_ placed: [PlacedOrder]) -> PostgresQuery {
        let orders = placed.flatMap { placed in placed.order.lines.map { _ in placed.order.id } }
        let places = placed.flatMap { $0.order.lines.indices.map { Int32(clamping: $0 + 1) } }
        let lines = placed.flatMap(\.order.lines)
        return """
            WITH w AS MATERIALIZED (SELECT * FROM unnest(\(orders), \(places), \(lines.map(\.variant)), \
            \(lines.map(\.product)), \(lines.map(\.sku)), \(lines.map(\.name)), \(lines.map { PostgresJSON($0.options) }), \
            \(lines.map(\.image)), \(lines.map { Int32(clamping: $0.quantity) }), \(lines.map(\.unitPrice.amount)), \
            \(lines.map(\.tax.amount)), \(lines.map(\.total.amount))) AS w (order_id, position, variant_id, product_id, sku, \
            name, options, image, quantity, unit_price, tax, line_total)), \
            l AS (INSERT INTO order_line (order_id, position, variant_id, product_id, sku, name, options, image, quantity, \
            unit_price, tax, line_total) SELECT order_id, position, variant_id, product_id, sku, name, options, image, \
            quantity, unit_price, tax, line_total FROM w) \
            INSERT INTO stock_movement (variant_id, order_id, on_hand, reserved, reason) \
            SELECT variant_id, order_id, 0, quantity, 'reserve' FROM w
            """
    }
}
