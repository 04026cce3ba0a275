import EventLoop
import Formats
import FoundationEssentials
import PostgresClient
import Web

/// Placing an order: one transaction of two round trips.
///
/// The first takes the locks and reads all that the decision needs; the second writes the order, its lines, what it
/// holds of the stock and the answer to the request, and commits. A crash anywhere leaves either nothing or all of it.
extension OrderStore {
    /// - Parameters:
    ///   - cartTokenHash: that of the cart's secret, where the order comes from a cart
    /// - Returns: the answer for the client; the same one for a request repeated with its key
    /// - Throws: `Problem` as ``PlacementRules`` decides, and 409 while the same key is in flight.
    package func place(
        _ request: OrderRequest, cartTokenHash: [UInt8]?, record: IdempotencyRecord
    ) async throws -> PlacementAnswer {
        try await RetryPolicy.transaction.run(mayRetry: { await pool.mayRetry(after: $0) }) {
            try await pool.transaction { transaction in
                try await place(request, cartTokenHash: cartTokenHash, record: record, in: transaction)
            }
        }
    }

    private func place(
        _ request: OrderRequest, cartTokenHash: [UInt8]?, record: IdempotencyRecord, in transaction: PostgresTransaction
    ) async throws -> PlacementAnswer {
        var demand = Demand()
        var opening: [PostgresQuery] = [
            "SELECT pg_try_advisory_xact_lock(\(record.lock)), now()",
            "SELECT request_hash, status, location, body FROM idempotency WHERE id = \(record.id)",
        ]
        switch request.source {
        case .items(let items):
            guard let sum = Demand(items) else {
                throw Problem.invalid("/items", "an order can have at most \(CartRules.maximumQuantity) of one SKU")
            }
            demand = sum
            opening.append(Self.lockVariants(skus: sum.skus, record))
        case .cart(let id, _):
            guard let cartTokenHash else { throw Problem.notFound("There is no such cart.") }
            opening.append(Self.lockCart(id, cartTokenHash, record))
            opening.append(Self.lockVariants(cart: id, cartTokenHash, record))
        }
        let found = try await transaction.batch(opening)
        guard let head = found[0].first else { throw PostgresError(.protocolViolation) }
        // Somebody else is at it with this very key: nothing below was locked, nobody waits.
        guard try head[0, as: Bool.self] else { throw Problem.idempotencyInFlight }
        if let answer = try Self.replay(found[1], record) { return answer }

        var currency: String?
        var cart: UUID?
        if case .cart(let id, let version) = request.source {
            currency = try Self.checkCart(found[2], version: version)
            cart = id
            for (sku, quantity) in try Self.lines(found[3]) { _ = demand.add(sku, quantity) }
        }
        let locked = try Self.variants(found[found.count - 1], currency: currency)
        let draft = try PlacementRules.draft(demand, of: locked, currency: currency, expected: request.expectedTotal)
        let token = RandomToken()
        let at = try head[1, as: Timestamp.self]
        let order = Order(
            id: UUID.v7(at: at), number: OrderNumber.make(random: .random(in: .min ... .max)), status: .pendingPayment,
            paymentStatus: .unpaid, email: request.email, currency: draft.currency, lines: draft.lines,
            totals: draft.totals, shippingAddress: request.shippingAddress.json(),
            history: [OrderEvent(status: .pendingPayment, at: at, reason: "placed")], createdAt: at)
        let answer = PlacementAnswer(
            status: 201, location: "/v1/orders/\(order.id.text)", body: order.json(accessToken: token.text), isReplay: false)
        var writes = [insert(order, cart: cart, tokenHash: token.hash, answer: answer, record: record)]
        if let cart { writes.append("UPDATE cart SET status = 'converted', version = version + 1, updated_at = now() WHERE id = \(cart)") }
        _ = try await transaction.commit(with: writes)
        return answer
    }

    // MARK: Deciding

    private static func replay(_ rows: PostgresRows, _ record: IdempotencyRecord) throws -> PlacementAnswer? {
        guard let row = rows.first else { return nil }
        guard try row[0, as: [UInt8].self] == record.requestHash else { throw Problem.idempotencyKeyReused }
        return PlacementAnswer(
            status: Int(try row[1, as: Int32.self]), location: try row[2], body: try row[3], isReplay: true)
    }

    /// The cart's currency, where an order can be placed from it.
    private static func checkCart(_ rows: PostgresRows, version: Int64?) throws -> String {
        guard let row = rows.first else { throw Problem.notFound("There is no such cart.") }
        let status = CartStatus(rawValue: try row[1]) ?? .expired
        let present = try row[0, as: Int64.self]
        let isOver = try row[3, as: Bool.self]
        try CartRules.checkWritable(
            status: status == .active && isOver ? .expired : status, version: present, expected: nil)
        if let version, version != present {
            throw Problem.conflict("cart_changed", "The cart has changed since version \(version).")
                .with("cart_version", .number(JSONNumber(present)))
        }
        return try row[2]
    }

    /// A cart's lines as its shopper sees them, the oldest first; they come in the order in which stock is locked.
    private static func lines(_ rows: PostgresRows) throws -> [(sku: String, quantity: Int)] {
        let lines = try rows.enumerated().map { place, row in
            (sku: try row[2, as: String.self], quantity: Int(try row[11, as: Int32.self]),
                added: try row[12, as: Timestamp.self], place: place)
        }
        return lines.sorted { ($0.added, $0.place) < ($1.added, $1.place) }.map { ($0.sku, $0.quantity) }
    }

    /// - Parameter currency: that of the cart, to which what has moved to another is no longer offered
    private static func variants(_ rows: PostgresRows, currency: String?) throws -> [LockedVariant] {
        try rows.map { row in
            LockedVariant(
                variant: try row[0], product: try row[1], sku: try row[2], name: try row[3],
                options: try row[4, as: PostgresJSON.self].compact, image: try row[5],
                price: Money(try row[6], try currency ?? row[7]),
                isOffered: try row[8] && (currency == nil || currency == row[7, as: String.self]),
                onHand: Int(try row[9, as: Int32.self]), reserved: Int(try row[10, as: Int32.self]))
        }
    }

    // MARK: Statements

    private static let variantColumns: PostgresQuery = """
        SELECT v.id, v.product_id, v.sku, p.name, v.options, p.images->0->>'url', v.price, p.currency, \
        v.active AND p.status = 'active', s.on_hand, s.reserved
        """

    /// Locks stock in the order of variant ids, always, so that two orders never wait for each other in a circle.
    /// The lock of the key is asked for again in there (who holds it gets it again): without it nothing is locked.
    private static func lockVariants(skus: [String], _ record: IdempotencyRecord) -> PostgresQuery {
        """
        \(variantColumns) FROM variant v JOIN product p ON p.id = v.product_id JOIN stock s ON s.variant_id = v.id \
        WHERE v.sku = ANY(\(skus)) AND (SELECT pg_try_advisory_xact_lock(\(record.lock))) \
        ORDER BY v.id FOR UPDATE OF s
        """
    }

    private static func lockVariants(cart: UUID, _ token: [UInt8], _ record: IdempotencyRecord) -> PostgresQuery {
        """
        \(variantColumns), i.quantity, i.added_at FROM cart c JOIN cart_item i ON i.cart_id = c.id \
        JOIN variant v ON v.id = i.variant_id JOIN product p ON p.id = v.product_id \
        JOIN stock s ON s.variant_id = v.id WHERE c.id = \(cart) AND c.token_hash = \(token) \
        AND c.status = 'active' AND (SELECT pg_try_advisory_xact_lock(\(record.lock))) ORDER BY v.id FOR UPDATE OF s
        """
    }

    private static func lockCart(_ cart: UUID, _ token: [UInt8], _ record: IdempotencyRecord) -> PostgresQuery {
        """
        SELECT version, status, currency, expires_at <= now() FROM cart WHERE id = \(cart) AND token_hash = \(token) \
        AND (SELECT pg_try_advisory_xact_lock(\(record.lock))) FOR UPDATE
        """
    }

    private func insert(
        _ order: Order, cart: UUID?, tokenHash: [UInt8], answer: PlacementAnswer, record: IdempotencyRecord
    ) -> PostgresQuery {
        let lines = order.lines
        return """
            WITH o AS (INSERT INTO orders (id, number, cart_id, email, currency, subtotal, discount, tax, shipping, \
            total, shipping_address, access_token_hash, created_at, updated_at) VALUES (\(order.id), \(order.number), \
            \(cart as UUID?), \(order.email), \(order.currency), \(order.totals.subtotal.amount), \
            \(order.totals.discount.amount), \(order.totals.tax.amount), \(order.totals.shipping.amount), \
            \(order.totals.total.amount), \(PostgresJSON(order.shippingAddress)), \(tokenHash), \(order.createdAt), \
            \(order.createdAt))), \
            w AS MATERIALIZED (SELECT * FROM unnest(\(lines.map(\.variant)), \(lines.map(\.product)), \(lines.map(\.sku)), \
            \(lines.map(\.name)), \(lines.map { PostgresJSON($0.options) }), \(lines.map(\.image)), \
            \(lines.map { Int32(clamping: $0.quantity) }), \(lines.map(\.unitPrice.amount)), \(lines.map(\.tax.amount)), \
            \(lines.map(\.total.amount))) WITH ORDINALITY \
            AS w (variant_id, product_id, sku, name, options, image, quantity, unit_price, tax, line_total, position)), \
            l AS (INSERT INTO order_line (order_id, position, variant_id, product_id, sku, name, options, image, \
            quantity, unit_price, tax, line_total) SELECT \(order.id), position, variant_id, product_id, sku, name, \
            options, image, quantity, unit_price, tax, line_total FROM w), \
            s AS (UPDATE stock SET reserved = reserved + w.quantity FROM w WHERE stock.variant_id = w.variant_id), \
            m AS (INSERT INTO stock_movement (variant_id, order_id, on_hand, reserved, reason) \
            SELECT variant_id, \(order.id), 0, quantity, 'reserve' FROM w), \
            r AS (INSERT INTO reservation (order_id, expires_at) VALUES (\(order.id), \(order.createdAt + reservationTime))), \
            h AS (INSERT INTO order_history (order_id, position, status, reason, at) \
            VALUES (\(order.id), 1, 'pending_payment', 'placed', \(order.createdAt))) \
            INSERT INTO idempotency (id, request_hash, status, location, body) VALUES (\(record.id), \
            \(record.requestHash), \(Int32(clamping: answer.status)), \(answer.location), \(answer.body))
            """
    }
}

extension Problem {
    /// Another request with the same key has not been answered yet.
    static let idempotencyInFlight = Problem.conflict(
        "idempotency_in_flight", "A request with this Idempotency-Key is being answered right now."
    ).retrying(after: 1)

    /// The same key came with another body.
    static let idempotencyKeyReused = Problem(
        ProblemKind(
            .unprocessableContent, "idempotency_key_reused", "Idempotency key reused",
            "The key was used for a request with another body; a new request needs a new key."))
}
