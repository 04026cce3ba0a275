import Cart
import Formats
import Web

extension ProblemKind {
    static let insufficientStock = ProblemKind(
        .conflict, "insufficient_stock", "Insufficient stock",
        "There is not enough stock for every line. `lines` contains how many units of each are `available`. Nothing "
            + "was ordered.")
    static let tooManyOrders = ProblemKind(
        .tooManyRequests, "too_many_orders", "Too many orders",
        "This client has sent too many orders. Wait for the seconds in `Retry-After`.")
    static let openOrdersLimit = ProblemKind(
        .conflict, "open_orders_limit", "Too many unpaid orders",
        "This client or e-mail address has `limit` unpaid orders, the maximum. Pay or cancel one, or wait until one expires.")
    static let heldUnitsLimit = ProblemKind(
        .conflict, "held_units_limit", "Too many reserved units",
        "The unpaid orders of this client or e-mail address can reserve at most `limit` units in total. Pay or cancel "
            + "an order, or order less.")
    static let heldShareLimit = ProblemKind(
        .conflict, "held_share_limit", "Too large a share of the stock",
        "The unpaid orders of one client can reserve only a part of a variant's stock. `lines` contains each variant "
            + "that exceeds its `limit`, and the quantity already `held`. Order less, or pay first.")
    static let priceChanged = ProblemKind(
        .conflict, "price_changed", "Price changed",
        "The current `total` differs from `expected_total`. Show it to the shopper.")
    static let cartChanged = ProblemKind(
        .conflict, "cart_changed", "Cart changed",
        "The cart has changed since the `cart_version` in the request, for example in another tab. Read the cart "
            + "again, and show it to the shopper.")
    static let cartEmpty = ProblemKind(.conflict, "cart_empty", "Cart empty", "The cart has no lines to order.")
    static let idempotencyInFlight = ProblemKind(
        .conflict, "idempotency_in_flight", "Request in progress",
        "A request with this Idempotency-Key is still in progress. Send it again after the seconds in `Retry-After`.")
    static let idempotencyKeyReused = ProblemKind(
        .unprocessableContent, "idempotency_key_reused", "Idempotency key reused",
        "The key was used for a request with another body. A new request needs a new key.")
    static let illegalTransition = ProblemKind(
        .conflict, "illegal_transition", "Status change not allowed",
        "The order cannot change from its current status to the requested one. `allowed` lists the statuses that it "
            + "can change to.")
}

extension Problem {
    /// 404, also where the token is wrong.
    static let noOrder = Problem.notFound("There is no such order.")

    /// 409: another request with the same key is in progress.
    static let idempotencyInFlight = Problem(
        .idempotencyInFlight, "A request with this Idempotency-Key is still in progress."
    ).retrying(after: 1)

    static func openOrders(_ limit: Int, _ whose: String) -> Problem {
        Problem(
            .openOrdersLimit,
            "\(whose), there are already \(limit) unpaid orders. Pay or cancel one of them, or wait until one expires."
        )
        .with("limit", .number(JSONNumber(limit)))
    }

    static func heldUnits(_ limit: Int, held: Int, _ whose: String) -> Problem {
        Problem(
            .heldUnitsLimit,
            "\(whose), unpaid orders can reserve at most \(limit) units; they already reserve \(held). Pay or cancel "
                + "an order, or order less."
        )
        .with("limit", .number(JSONNumber(limit)))
        .with("held", .number(JSONNumber(held)))
    }

    static func heldShare(_ lines: [(line: OrderLine, held: Int, limit: Int)]) -> Problem {
        let members = lines.map { line, held, limit in
            var object = JSONObject()
            object.append("sku", .string(line.sku))
            object.append("requested", .number(JSONNumber(line.quantity)))
            object.append("held", .number(JSONNumber(held)))
            object.append("limit", .number(JSONNumber(limit)))
            return JSONValue.object(object)
        }
        let names = lines.prefix(3).map { "\($0.limit) of \($0.line.sku)" }.joined(separator: ", ")
        return Problem(.heldShareLimit, "Unpaid orders can reserve at most \(names). Order less, or pay first.")
            .with("lines", .array(members))
    }
}
