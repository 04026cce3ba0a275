import EventLoop
import Formats
import FoundationEssentials
import PostgresClient

/// The SQL of placing orders, of many in one transaction.
enum CheckoutStatements {
    /// What has to be read before anything can be decided, in the order of ``CheckoutSnapshot/init(_:count:)``.
    ///
    /// First the locks of the keys, then what was kept under them: read by a later statement than the lock, and so it sees
    /// what the lock's former holder has committed. Stock is only looked at, so that a row which many want is locked no
    /// longer than it takes to write it (``writing(_:reservationTime:)``).
    /// - Parameters:
    ///   - lockTimeout: how long a lock may be waited for
    ///   - locksStock: to lock stock here already, for orders that others were ahead of time and again
    static func opening(_ placements: [CheckoutAttempt], lockTimeout: Duration, locksStock: Bool) -> [PostgresQuery] {
        let keys = placements.map(\.record.id) + placements.compactMap(\.record.formerID)
        let timeout = "\(lockTimeout.nanosecondsClamped / 1_000_000)ms"
        var statements: [PostgresQuery] = [
            """
            SELECT pg_try_advisory_xact_lock(k.lock), now(), set_config('lock_timeout', \(timeout), true) \
            FROM unnest(\(placements.map(\.record.lock))) WITH ORDINALITY AS k (lock, place) ORDER BY k.place
            """,
            "SELECT id, request_hash, location, body, sealed FROM idempotency WHERE id = ANY(\(keys))",
        ]
        let skus = placements.flatMap { $0.demand?.skus ?? [] }
        let carts = placements.compactMap(\.request.cart)
        guard !carts.isEmpty else {
            return statements + [variants("v.sku = ANY(\(skus))", locksStock)]
        }
        let tokens = placements.compactMap { $0.request.cart == nil ? nil : $0.cartTokenHash }
        statements.append(
            """
            SELECT c.id, c.token_hash, c.version, c.status, c.currency, c.expires_at <= now() \
            FROM unnest(\(carts), \(tokens)) AS w (id, token) JOIN cart c ON c.id = w.id AND c.token_hash = w.token \
            ORDER BY c.id FOR UPDATE OF c
            """)
        statements.append(
            """
            SELECT i.cart_id, v.sku, i.quantity FROM cart_item i JOIN variant v ON v.id = i.variant_id \
            WHERE i.cart_id = ANY(\(carts)) ORDER BY i.added_at, v.id
            """)
        // Behind the lock on the cart, so that it sees the order of who held it before.
        statements.append("SELECT cart_id, id, number, status FROM orders WHERE cart_id = ANY(\(carts))")
        let wanted: PostgresQuery = """
            v.id IN (SELECT id FROM variant WHERE sku = ANY(\(skus)) UNION ALL \
            SELECT i.variant_id FROM unnest(\(carts), \(tokens)) AS w (id, token) \
            JOIN cart c ON c.id = w.id AND c.token_hash = w.token AND c.status = 'active' \
            JOIN cart_item i ON i.cart_id = c.id)
            """
        statements.append(variants(wanted, locksStock))
        return statements
    }

    /// Variants with their stock; one that has no row of stock has none.
    private static func variants(_ wanted: PostgresQuery, _ locksStock: Bool) -> PostgresQuery {
        guard locksStock else {
            return """
                \(columns) FROM variant v JOIN product p ON p.id = v.product_id LEFT JOIN stock s ON s.variant_id = v.id \
                WHERE \(wanted) ORDER BY v.id
                """
        }
        // Locked in the order of ids. The nullable side of a join can only be locked within a query of its own.
        return """
            \(columns) FROM (SELECT v.* FROM variant v WHERE \(wanted) ORDER BY v.id) v \
            LEFT JOIN LATERAL (SELECT on_hand, reserved FROM stock WHERE variant_id = v.id FOR UPDATE) s ON true \
            JOIN product p ON p.id = v.product_id ORDER BY v.id
            """
    }

    private static let columns: PostgresQuery = """
        SELECT v.id, v.product_id, v.sku, p.name, v.options, p.images->0->>'url', v.price, p.currency, \
        v.active AND p.status = 'active', coalesce(s.on_hand, 0), coalesce(s.reserved, 0), v.max_quantity
        """

    /// What writes the orders: each with its lines, what it holds of the stock, its history and its kept answer.
    ///
    /// Stock comes last: its rows are locked in the order of ids, always, so that transactions never wait for each other in a
    /// circle. Where less is left by now than was seen, `stock_never_oversold` refuses it all.
    static func writing(_ orders: [PlacedOrder], reservationTime: Duration) -> [PostgresQuery] {
        guard let at = orders.first?.order.createdAt else { return [] }
        var statements = [heads(orders, at: at, expires: at + reservationTime), lines(orders)]
        var taken: [UUID: Int] = [:]
        for line in orders.lazy.flatMap(\.order.lines) { taken[line.variant, default: 0] += line.quantity }
        let variants = Array(taken.keys)
        let carts = orders.compactMap(\.cart)
        if let holds = HoldStatements.writing(orders) { statements.append(holds) }
        if !carts.isEmpty {
            statements.append(
                "UPDATE cart SET status = 'converted', version = version + 1, updated_at = now() WHERE id = ANY(\(carts))")
        }
        statements.append("SELECT FROM stock WHERE variant_id = ANY(\(variants)) ORDER BY variant_id FOR UPDATE")
        statements.append(
            """
            UPDATE stock SET reserved = reserved + d.quantity FROM unnest(\(variants), \
            \(variants.map { Int32(clamping: taken[$0] ?? 0) })) AS d (variant_id, quantity) \
            WHERE stock.variant_id = d.variant_id
            """)
        return statements
    }

    private static func heads(_ placed: [PlacedOrder], at: Timestamp, expires: Timestamp) -> PostgresQuery {
        let orders = placed.map(\.order)
        return """
            WITH w AS MATERIALIZED (SELECT * FROM unnest(\(orders.map(\.id)), \(orders.map(\.number)), \(placed.map(\.cart)), \
            \(orders.map(\.email)), \(orders.map(\.currency)), \(orders.map(\.totals.subtotal.amount)), \
            \(orders.map(\.totals.discount.amount)), \(orders.map(\.totals.tax.amount)), \
            \(orders.map(\.totals.shipping.amount)), \(orders.map(\.totals.total.amount)), \
            \(orders.map { PostgresJSON($0.shippingAddress) }), \(placed.map(\.tokenHash)), \(placed.map(\.record.id)), \
            \(placed.map(\.record.requestHash)), \(placed.map(\.answer.location)), \(placed.map(\.sealed))) \
            AS w (id, number, cart, email, currency, subtotal, discount, tax, shipping, total, address, token, key, \
            request_hash, location, sealed)), \
            o AS (INSERT INTO orders (id, number, cart_id, email, currency, subtotal, discount, tax, shipping, total, \
            shipping_address, access_token_hash, created_at, updated_at) SELECT id, number, cart, email, currency, subtotal, \
            discount, tax, shipping, total, address, token, \(at), \(at) FROM w), \
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
