import Cart
import Inventory
import Formats
import FoundationEssentials
import PostgresClient
import Web

/// Decides several orders on the rows that were read for them, one after another, each for itself: what one is refused for
/// is no matter of its neighbours, and what one takes the next no longer finds.
struct CheckoutBatch {
    private let view: CheckoutSnapshot
    private let seal: AnswerSeal
    private var shelf: AvailableStock
    private var holdings: Holdings
    private let limits: HoldLimits
    /// Carts that became orders in this round.
    private var converted: [UUID: CartOrder] = [:]
    /// The orders to write.
    private(set) var placed: [PlacedOrder] = []

    init(_ view: CheckoutSnapshot, _ seal: AnswerSeal, _ holdings: Holdings = Holdings(), _ limits: HoldLimits = HoldLimits()) {
        self.view = view
        self.seal = seal
        self.holdings = holdings
        self.limits = limits
        shelf = view.shelf
    }

    /// What comes of the order that stands at `place` in the round.
    mutating func decide(_ placement: CheckoutAttempt, at place: Int) -> CheckoutOutcome {
        // First what is kept: it stays so, even while an earlier try with the key is still at work.
        if let repeated = repeated(placement) { return repeated }
        guard view.isFirst[place] else { return .refused(.idempotencyInFlight) }
        var demand = placement.demand ?? RequestedQuantities()
        var currency: String?
        if case .cart(let id, let version) = placement.request.source {
            guard let cart = view.carts[id], cart.tokenHash == placement.cartTokenHash else {
                return .refused(.notFound("There is no such cart."))
            }
            do throws(Problem) { try check(cart, id, version) } catch { return .refused(error) }
            demand = view.cartLines[id] ?? demand
            placement.skus = demand.skus
            currency = cart.currency
        }
        return draft(placement, demand, currency)
    }

    /// What comes of a request whose key has an answer already; nil where it has none.
    private func repeated(_ placement: CheckoutAttempt) -> CheckoutOutcome? {
        let record = placement.record
        if let kept = view.kept[record.id] {
            guard kept.requestHash == record.requestHash else { return .refused(.idempotencyKeyReused) }
            return given(kept, to: record)
        }
        // What the release before kept tells no cart's holder from another: it is given to the holder of the order's cart.
        if let former = record.formerID, let kept = view.kept[former], kept.requestHash == record.requestHash,
            let cart = placement.request.cart, view.carts[cart]?.tokenHash == placement.cartTokenHash
        {
            return given(kept, to: record)
        }
        return nil
    }

    private func given(_ kept: CheckoutSnapshot.Kept, to record: IdempotencyRecord) -> CheckoutOutcome {
        guard let answer = kept.answer(to: record, seal) else {
            // Another task may have the key.
            return .refused(.unavailable(retryAfter: 1).caused(by: KeptAnswerError.sealedWithAnotherKey))
        }
        return .answered(answer)
    }

    private func check(_ cart: CheckoutSnapshot.CartHead, _ id: UUID, _ version: Int64?) throws(Problem) {
        let order = converted[id] ?? view.orders[id]
        let status = converted[id] == nil ? cart.status : .converted
        try CartRules.checkWritable(status: status, version: cart.version, expected: nil, order: order)
        guard version == nil || version == cart.version else {
            throw Problem.conflict("cart_changed", "The cart has changed since version \(version ?? 0).")
                .with("cart_version", .number(JSONNumber(cart.version)))
        }
    }

    private mutating func draft(
        _ placement: CheckoutAttempt, _ demand: RequestedQuantities, _ currency: String?
    ) -> CheckoutOutcome {
        let offered = currency.map { shelf.offering(demand, in: $0) } ?? shelf
        let draft: CheckoutRules.Draft
        do throws(Problem) {
            try CheckoutRules.checkQuantities(demand, of: offered, isFromCart: currency != nil)
            draft = try CheckoutRules.draft(demand, of: offered, currency: currency, expected: placement.request.expectedTotal)
        } catch {
            return .refused(error)
        }
        if let holder = placement.holder {
            do throws(Problem) {
                try holdings.check(draft.lines, of: holder, limits) { shelf[$0.sku]?.onHand ?? 0 }
            } catch {
                return .refused(error)
            }
            holdings.add(draft.lines, of: holder)
        }
        for line in draft.lines { shelf.take(line.sku, line.quantity) }
        let order = order(draft, for: placement)
        if let cart = placement.request.cart {
            converted[cart] = CartOrder(id: order.order.id, number: order.order.number, status: order.order.status.rawValue)
        }
        placed.append(order)
        return .answered(order.answer)
    }

    private func order(_ draft: CheckoutRules.Draft, for placement: CheckoutAttempt) -> PlacedOrder {
        let request = placement.request
        let order = Order(
            id: UUID.v7(at: view.at), number: OrderNumber.make(random: .random(in: .min ... .max)), status: .pendingPayment,
            paymentStatus: .unpaid, email: request.email, currency: draft.currency, lines: draft.lines,
            totals: draft.totals, shippingAddress: request.shippingAddress.json(),
            history: [OrderEvent(status: .pendingPayment, at: view.at, reason: "placed")], createdAt: view.at)
        let token = RandomToken()
        let (body, tag) = order.placed(accessToken: token.text)
        let answer = PlacementAnswer(location: "/v1/orders/\(order.id.text)", tag: tag, body: body, isReplay: false)
        return PlacedOrder(
            order: order, cart: request.cart, tokenHash: token.hash, answer: answer,
            sealed: seal.seal(answer, for: placement.record), record: placement.record, holder: placement.holder)
    }
}

extension Problem {
    /// Another request with the same key has not been answered yet.
    static let idempotencyInFlight = Problem.conflict(
        "idempotency_in_flight", "A request with this Idempotency-Key is still in progress."
    ).retrying(after: 1)

    /// The same key came with another body.
    static let idempotencyKeyReused = Problem(
        ProblemKind(
            .unprocessableContent, "idempotency_key_reused", "Idempotency key reused",
            "The key was used for a request with another body; a new request needs a new key."))
}
