import Web

extension ProblemKind {
    static let insufficientStock = ProblemKind(
        .conflict, "insufficient_stock", "Insufficient stock",
        "Some line asks for more than can be bought; `lines` has what is `available` of each. Nothing was ordered.")
    static let tooManyOrders = ProblemKind(
        .tooManyRequests, "too_many_orders", "Too many orders",
        "This client has sent too many orders. Wait as long as `Retry-After` says.")
    static let openOrdersLimit = ProblemKind(
        .conflict, "open_orders_limit", "Too many unpaid orders",
        "`limit` orders of this client, or for this e-mail address, are open and not paid. Pay or cancel one, or wait until one "
            + "expires.")
    static let heldUnitsLimit = ProblemKind(
        .conflict, "held_units_limit", "Too many pieces held",
        "Unpaid orders of this client, or for this e-mail address, may hold `limit` pieces together. Pay or cancel an order, or "
            + "order less.")
    static let heldShareLimit = ProblemKind(
        .conflict, "held_share_limit", "Too large a share of the stock",
        "Unpaid orders of one client may hold a part of a variant's stock only; `lines` has the `limit` of each that is asked "
            + "for too many of, and what is `held`. Order less, or pay first.")
    static let priceChanged = ProblemKind(
        .conflict, "price_changed", "Price changed",
        "The total is not `expected_total`; `total` is what it would be now. Show it, and ask the shopper.")
    static let cartChanged = ProblemKind(
        .conflict, "cart_changed", "Cart changed",
        "The cart is no longer at `cart_version`, perhaps by another tab. Read it again, and ask the shopper.")
    static let cartEmpty = ProblemKind(.conflict, "cart_empty", "Cart empty", "The cart has no lines to order.")
    static let idempotencyInFlight = ProblemKind(
        .conflict, "idempotency_in_flight", "Idempotency in flight",
        "A request with this Idempotency-Key is being answered right now. Send the same again after `Retry-After`.")
    static let idempotencyKeyReused = ProblemKind(
        .unprocessableContent, "idempotency_key_reused", "Idempotency key reused",
        "The key was used for a request with another body. A new request needs a new key.")
    static let illegalTransition = ProblemKind(
        .conflict, "illegal_transition", "Illegal transition",
        "The order cannot go from its status to that; `allowed` has where it can go.")
}
