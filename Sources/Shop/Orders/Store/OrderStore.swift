import Events
import Formats
import FoundationEssentials
import Money
import PostgresClient
import Web

/// Orders in PostgreSQL. ``CheckoutStore`` places them.
package struct OrderStore {
    let pool: PostgresPool
    /// How long the token of an order is valid after the order has ended.
    let tokenLifetime: Duration
    /// Called when events were committed.
    let committed: () -> Void

    package init(pool: PostgresPool, tokenLifetime: Duration, committed: @escaping () -> Void = {}) {
        self.pool = pool
        self.tokenLifetime = tokenLifetime
        self.committed = committed
    }

    // MARK: Reading

    /// The columns of an order with one of its lines.
    enum Column: Int, PostgresColumn {
        case id, number, status, paymentStatus, email, locale, currency, subtotal, discount, tax, shipping, total, shippingAddress
        case createdAt, eventSequence
        case variant, product, sku, name, options, image, quantity, unitPrice, lineTax, lineTotal
        /// The history as arrays in every row: one statement, so that status and history agree.
        case statuses, times, reasons

        var sql: PostgresQuery {
            switch self {
            case .id: "o.id"
            case .number: "o.number"
            case .status: "o.status"
            case .paymentStatus: "o.payment_status"
            case .email: "o.email"
            case .locale: "o.locale"
            case .currency: "o.currency"
            case .subtotal: "o.subtotal"
            case .discount: "o.discount"
            case .tax: "o.tax"
            case .shipping: "o.shipping"
            case .total: "o.total"
            case .shippingAddress: "o.shipping_address"
            case .createdAt: "o.created_at"
            case .eventSequence: "o.event_sequence"
            case .variant: "l.variant_id"
            case .product: "l.product_id"
            case .sku: "l.sku"
            case .name: "l.name"
            case .options: "l.options"
            case .image: "l.image"
            case .quantity: "l.quantity"
            case .unitPrice: "l.unit_price"
            case .lineTax: "l.tax"
            case .lineTotal: "l.line_total"
            case .statuses: "h.statuses"
            case .times: "h.times"
            case .reasons: "h.reasons"
            }
        }

        static let list = selectList
    }

    /// The order; nil where it does not exist, or the token is wrong.
    package func order(_ reference: OrderReference, key: OrderKey) async throws -> Order? {
        let rows = try await pool.query(Self.selecting("\(Self.names(reference)) AND \(isOpened(by: key))"))
        return try Self.order(rows.named(Column.self)[...])
    }

    /// Selects orders with their lines: an order's rows are together, in the order of its lines.
    static func selecting(_ condition: PostgresQuery) -> PostgresQuery {
        """
        SELECT \(Column.list) FROM orders o JOIN order_line l ON l.order_id = o.id CROSS JOIN LATERAL (SELECT \
        array_agg(status ORDER BY position) AS statuses, array_agg(at ORDER BY position) AS times, \
        array_agg(reason ORDER BY position) AS reasons FROM order_history WHERE order_id = o.id) h \
        WHERE \(condition) ORDER BY o.id, l.position
        """
    }

    /// The condition that `orders o` is the order which the reference names.
    private static func names(_ reference: OrderReference) -> PostgresQuery {
        switch reference {
        case .id(let id): "o.id = \(id)"
        case .number(let number): "o.number = \(number)"
        }
    }

    /// The condition that the token gives access to `orders o`: the one that the shopper got with the order, or that of a link in a
    /// mail. While an order is under way, its tokens do not expire.
    private func isOpened(by key: OrderKey) -> PostgresQuery {
        switch key {
        case .customer(let account): "o.customer_id = \(account)"
        case .token(let hash): isOpened(byToken: hash)
        }
    }

    private func isOpened(byToken tokenHash: [UInt8]) -> PostgresQuery {
        """
        (o.access_token_hash = \(tokenHash) OR EXISTS (SELECT FROM order_token WHERE token_hash = \(tokenHash) \
        AND order_id = o.id)) AND (o.status NOT IN ('delivered', 'cancelled', 'expired') \
        OR o.updated_at > now() - \(tokenLifetime.wholeMicroseconds) * interval '1 microsecond')
        """
    }

    static func order(_ rows: Slice<PostgresNamedRows<Column>>) throws -> Order? {
        guard let first = rows.first else { return nil }
        let currency = try first[.currency, as: String.self]
        func money(_ row: PostgresNamedRow<Column>, _ column: Column) throws -> Money { Money(try row[column], currency) }
        return Order(
            id: try first[.id], number: try first[.number], status: OrderStatus(rawValue: try first[.status]),
            paymentStatus: PaymentStatus(rawValue: try first[.paymentStatus]), email: try first[.email],
            locale: try first[.locale],
            lines: try rows.map { row in
                OrderLine(
                    variant: try row[.variant], product: try row[.product], sku: try row[.sku], name: try row[.name],
                    options: try row[.options, as: PostgresJSON.self].compact, image: try row[.image],
                    quantity: Int(try row[.quantity, as: Int32.self]), unitPrice: try money(row, .unitPrice),
                    tax: try money(row, .lineTax), total: try money(row, .lineTotal))
            },
            totals: OrderTotals(
                subtotal: try money(first, .subtotal), discount: try money(first, .discount), tax: try money(first, .tax),
                shipping: try money(first, .shipping), total: try money(first, .total)),
            shippingAddress: try first[.shippingAddress, as: PostgresJSON.self].compact, history: try history(first),
            createdAt: try first[.createdAt])
    }

    private static func history(_ row: PostgresNamedRow<Column>) throws -> [OrderEvent] {
        let statuses = try row[.statuses, as: [String].self]
        let times = try row[.times, as: [Timestamp].self]
        let reasons = try row[.reasons, as: [String?].self]
        return zip(zip(statuses, times), reasons).map { step, reason in
            OrderEvent(status: OrderStatus(rawValue: step.0), at: step.1, reason: reason)
        }
    }

    // MARK: Closing

    /// Cancels an order for its shopper. A cancelled order stays as it is, so that a request whose response was lost, or a
    /// transaction whose COMMIT was, can be repeated.
    /// - Returns: false where the order does not exist, or the token is wrong.
    package func cancel(_ reference: OrderReference, key: OrderKey, reason: String) async throws -> Bool {
        try await RetryPolicy.transaction.run(mayRetry: { await pool.mayRetry(after: $0) }) {
            try await pool.transaction { transaction in
                let rows = try await transaction.query(
                    """
                    SELECT o.id, o.status FROM orders o \
                    WHERE \(Self.names(reference)) AND \(isOpened(by: key)) FOR UPDATE
                    """)
                guard let (id, status) = try rows.first?.decode((UUID, String).self) else { return false }
                let order = OrderStatus(rawValue: status)
                guard order != .cancelled else { return true }
                try order.checkTransition(to: .cancelled)
                let locking: PostgresQuery = """
                    SELECT FROM stock WHERE variant_id IN (SELECT variant_id FROM order_line WHERE order_id = \(id)) \
                    ORDER BY variant_id FOR UPDATE
                    """
                try await close([id], as: .cancelled, reason: reason, after: [locking], in: transaction)
                return true
            }
        }
    }

    /// Ends orders that were not paid, with their events, and commits.
    /// - Parameters:
    ///   - ids: orders that are locked, and may be closed
    ///   - locking: statements that lock their stock, if it is not locked yet
    func close(
        _ ids: [UUID], as status: OrderStatus, reason: String, after locking: [PostgresQuery] = [],
        in transaction: PostgresTransaction
    ) async throws {
        let events = try await Self.closed(ids, as: status, reason: reason, after: locking, in: transaction)
        _ = try await transaction.commit(with: events.isEmpty ? [] : [Outbox.inserting(events)])
        committed()
    }

    /// Ends orders, and returns their events, which the caller inserts and commits.
    static func closed(
        _ ids: [UUID], as status: OrderStatus, reason: String, after locking: [PostgresQuery],
        in transaction: PostgresTransaction
    ) async throws -> [OutboxEvent] {
        let results = try await transaction.batch(
            locking + [Self.closing(ids, as: status, reason: reason), Self.selecting("o.id = ANY(\(ids))")])
        var events: [OutboxEvent] = []
        if let type = EventType.closing(as: status), let rows = results.last?.named(Column.self) {
            var start = rows.startIndex
            while start < rows.endIndex {
                let id = try rows[start][.id, as: UUID.self]
                var end = start + 1
                while end < rows.endIndex, try rows[end][.id, as: UUID.self] == id { end += 1 }
                if let order = try Self.order(rows[start..<end]) {
                    events.append(
                        OutboxEvent(
                            type, of: id, sequence: Int(try rows[start][.eventSequence, as: Int32.self]), payload: order.json()))
                }
                start = end
            }
        }
        return events
    }

    /// Ends orders that were not paid, and returns their stock exactly once: only the statement that moves a reservation out
    /// of 'held' returns its stock. The order's row is locked first, then its stock by id, as in ``CheckoutStatements``.
    /// - Parameter ids: orders that are locked with all their stock, and may be closed
    static func closing(_ ids: [UUID], as status: OrderStatus, reason: String) -> PostgresQuery {
        """
        WITH r AS (UPDATE reservation SET state = 'released' WHERE order_id = ANY(\(ids)) AND state = 'held' \
        RETURNING order_id), \
        b AS (DELETE FROM order_hold WHERE order_id = ANY(\(ids))), \
        d AS (SELECT l.order_id, l.variant_id, sum(l.quantity)::int AS quantity FROM order_line l \
        JOIN r ON r.order_id = l.order_id GROUP BY l.order_id, l.variant_id), \
        t AS (SELECT variant_id, sum(quantity)::int AS quantity FROM d GROUP BY variant_id), \
        s AS (UPDATE stock SET reserved = reserved - t.quantity FROM t WHERE stock.variant_id = t.variant_id), \
        m AS (INSERT INTO stock_movement (variant_id, order_id, on_hand, reserved, reason) \
        SELECT variant_id, order_id, 0, -quantity, 'release' FROM d), \
        h AS (INSERT INTO order_history (order_id, position, status, reason) SELECT order_id, max(position) + 1, \
        \(status.rawValue), \(reason) FROM order_history WHERE order_id = ANY(\(ids)) GROUP BY order_id) \
        UPDATE orders SET status = \(status.rawValue), updated_at = now(), event_sequence = event_sequence + 1 \
        WHERE id = ANY(\(ids))
        """
    }
}
