import Money
import Formats
import FoundationEssentials
import PostgresClient
import Web

/// Orders in PostgreSQL.
package struct OrderStore {
    let pool: PostgresPool
    /// How long an order that is not paid holds its stock.
    let reservationTime: Duration
    /// How long after its last change an order that is over can be reached with its token.
    let tokenLifetime: Duration
    let seal: AnswerSeal
    /// What a client may hold without having paid for it.
    let holdLimits: HoldLimits

    /// - Parameter keys: what the answers kept for idempotency keys are sealed with
    package init(
        pool: PostgresPool, reservationTime: Duration, tokenLifetime: Duration, keys: EncryptionKeys,
        holdLimits: HoldLimits = HoldLimits()
    ) {
        self.pool = pool
        self.holdLimits = holdLimits
        self.reservationTime = reservationTime
        self.tokenLifetime = tokenLifetime
        seal = AnswerSeal(keys)
    }

    /// The condition on `orders o` that a token opens it. An order that is under way can be reached however long that takes.
    func isOpened(by tokenHash: [UInt8]) -> PostgresQuery {
        """
        o.access_token_hash = \(tokenHash) AND (o.status NOT IN ('delivered', 'cancelled', 'expired') \
        OR o.updated_at > now() - \(tokenLifetime.wholeMicroseconds) * interval '1 microsecond')
        """
    }

    /// The order; nil where there is none, or the secret is another's.
    package func order(_ name: OrderReference, tokenHash: [UInt8]) async throws -> Order? {
        let rows = try await pool.query(
            """
            SELECT o.id, o.number, o.status, o.payment_status, o.email, o.currency, o.subtotal, o.discount, o.tax, \
            o.shipping, o.total, o.shipping_address, o.created_at, l.variant_id, l.product_id, l.sku, l.name, \
            l.options, l.image, l.quantity, l.unit_price, l.tax, l.line_total, h.statuses, h.times, h.reasons \
            FROM orders o JOIN order_line l ON l.order_id = o.id CROSS JOIN LATERAL (SELECT \
            array_agg(status ORDER BY position) AS statuses, array_agg(at ORDER BY position) AS times, \
            array_agg(reason ORDER BY position) AS reasons FROM order_history WHERE order_id = o.id) h \
            WHERE \(name.condition) AND \(isOpened(by: tokenHash)) ORDER BY l.position
            """)
        guard let first = rows.first else { return nil }
        return try Self.decode(rows, first)
    }

    private static func decode(_ rows: PostgresRows, _ first: PostgresRow) throws -> Order {
        let currency = try first[5, as: String.self]
        func money(_ row: PostgresRow, _ column: Int) throws -> Money { Money(try row[column], currency) }
        return Order(
            id: try first[0], number: try first[1], status: OrderStatus(rawValue: try first[2]),
            paymentStatus: PaymentStatus(rawValue: try first[3]),
            email: try first[4], currency: currency,
            lines: try rows.map { row in
                OrderLine(
                    variant: try row[13], product: try row[14], sku: try row[15], name: try row[16],
                    options: try row[17, as: PostgresJSON.self].compact, image: try row[18],
                    quantity: Int(try row[19, as: Int32.self]), unitPrice: try money(row, 20), tax: try money(row, 21),
                    total: try money(row, 22))
            },
            totals: OrderTotals(
                subtotal: try money(first, 6), discount: try money(first, 7), tax: try money(first, 8),
                shipping: try money(first, 9), total: try money(first, 10)),
            shippingAddress: try first[11, as: PostgresJSON.self].compact,
            history: try history(first),
            createdAt: try first[12])
    }

    /// The steps, in the row of every line as arrays: one statement, so that status and history agree.
    private static func history(_ row: PostgresRow) throws -> [OrderEvent] {
        let statuses = try row[23, as: [String].self]
        let times = try row[24, as: [Timestamp].self]
        let reasons = try row[25, as: [String?].self]
        return zip(zip(statuses, times), reasons).map { step, reason in
            OrderEvent(status: OrderStatus(rawValue: step.0), at: step.1, reason: reason)
        }
    }
}
