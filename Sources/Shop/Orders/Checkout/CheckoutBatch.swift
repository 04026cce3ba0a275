import Cart
import Events
import Formats
import FoundationEssentials
import Inventory
import PostgresClient
import Web

/// Decides several orders on the rows that were read for them, one after another. A refusal of one order does not touch the
/// others, and the stock that one order takes is no longer available to the next.
struct CheckoutBatch {
    private let snapshot: CheckoutSnapshot
    private let seal: ResponseSeal
    private var stock: AvailableStock
    private var holdings: Holdings
    private let limits: HoldLimits
    /// Carts that became orders in this batch.
    private var converted: [UUID: CartOrder] = [:]
    /// The orders to write.
    private(set) var placed: [PlacedOrder] = []

    init(
        _ snapshot: CheckoutSnapshot, _ seal: ResponseSeal, _ holdings: Holdings = Holdings(), _ limits: HoldLimits = HoldLimits()
    ) {
        self.snapshot = snapshot
        self.seal = seal
        self.holdings = holdings
        self.limits = limits
        stock = snapshot.stock
    }

    /// Decides the request at `index` of the batch.
    mutating func decide(_ request: CheckoutRequest, at index: Int) -> CheckoutOutcome {
        // A stored response comes first: it is final, even while an earlier attempt with the key is still running.
        if let stored = storedResponse(to: request) { return stored }
        guard snapshot.hasKeyLock[index] else { return .refused(.idempotencyInFlight) }
        var quantities = request.quantities ?? RequestedQuantities()
        var currency: String?
        if case .cart(let id, let version) = request.order.source {
            guard let cart = snapshot.cart(of: request) else { return .refused(.noCart) }
            do throws(Problem) { try check(cart, id, version) } catch { return .refused(error) }
            quantities = snapshot.cartLines[id] ?? quantities
            currency = cart.currency
        }
        return place(request, quantities, currency)
    }

    /// The response that is stored under the request's key; nil where there is none.
    private func storedResponse(to request: CheckoutRequest) -> CheckoutOutcome? {
        let record = request.record
        if let stored = snapshot.stored[record.id] {
            guard stored.requestHash == record.requestHash else { return .refused(Problem(.idempotencyKeyReused)) }
            return open(stored, for: record)
        }
        // Release 1.0 stored responses without the cart's token: such a response is for the holder of the order's cart.
        if let former = record.formerID, let stored = snapshot.stored[former], stored.requestHash == record.requestHash,
            snapshot.cart(of: request) != nil
        {
            return open(stored, for: record)
        }
        return nil
    }

    private func open(_ stored: CheckoutSnapshot.StoredResponse, for record: IdempotencyRecord) -> CheckoutOutcome {
        guard let response = stored.response(to: record, seal) else {
            // Another task may have the key.
            return .refused(.unavailable(retryAfter: 1).caused(by: StoredResponseError.sealedWithAnotherKey))
        }
        return .completed(response)
    }

    private func check(_ cart: CheckoutSnapshot.CartHead, _ id: UUID, _ version: Int64?) throws(Problem) {
        let order = converted[id] ?? snapshot.orders[id]
        let status = converted[id] == nil ? cart.status : .converted
        try CartRules.checkWritable(status: status, version: cart.version, expected: nil, order: order)
        guard version == nil || version == cart.version else {
            throw Problem(.cartChanged, "The cart has changed since version \(version ?? 0).")
                .with("cart_version", .number(JSONNumber(cart.version)))
        }
    }

    private mutating func place(
        _ request: CheckoutRequest, _ quantities: RequestedQuantities, _ currency: String?
    ) -> CheckoutOutcome {
        let offered = currency.map { stock.offering(quantities, in: $0) } ?? stock
        let lines: [OrderLine]
        let totals: OrderTotals
        do throws(Problem) {
            try CheckoutRules.checkQuantities(quantities, of: offered, isFromCart: currency != nil)
            (lines, totals) = try CheckoutRules.price(
                quantities, of: offered, currency: currency, expected: request.order.expectedTotal)
            if let holder = request.holder {
                try holdings.check(lines, of: holder, limits) { stock[$0.sku]?.onHand ?? 0 }
                holdings.add(lines, of: holder)
            }
        } catch {
            return .refused(error)
        }
        for line in lines { stock.take(line.sku, line.quantity) }
        let order = Order(
            id: UUID.v7(at: snapshot.time), number: OrderNumber.make(random: .random(in: .min ... .max)),
            status: .pendingPayment, paymentStatus: .unpaid, email: request.order.email, locale: request.locale, lines: lines,
            totals: totals,
            shippingAddress: request.order.shippingAddress.json(),
            history: [OrderEvent(status: .pendingPayment, at: snapshot.time, reason: "placed")], createdAt: snapshot.time)
        if let cart = request.order.cart {
            converted[cart] = CartOrder(id: order.id, number: order.number, status: order.status.rawValue)
        }
        let placed = PlacedOrder(order, for: request, seal)
        self.placed.append(placed)
        return .completed(placed.response)
    }
}

/// A new order that is to be written.
struct PlacedOrder {
    let order: Order
    let request: CheckoutRequest
    /// The hash of the guest's secret.
    let tokenHash: [UInt8]
    let response: CheckoutResponse
    /// The response as it is stored; see ``ResponseSeal``.
    let sealed: [UInt8]
    /// The event that tells of the order.
    let event: OutboxEvent

    init(_ order: Order, for request: CheckoutRequest, _ seal: ResponseSeal) {
        let token = RandomToken()
        let (body, document) = order.json(accessToken: token.text)
        let tag = document.tag
        self.order = order
        self.request = request
        tokenHash = token.hash
        response = CheckoutResponse(location: "/v1/orders/\(order.id.text)", tag: tag, body: body, isReplay: false)
        sealed = seal.seal(token.text, in: document, tag: tag, location: response.location, for: request.record)
        event = OutboxEvent(
            .orderPlaced, of: order.id, sequence: 1, payload: document.bytes, traceID: request.traceID, at: order.createdAt)
    }
}
