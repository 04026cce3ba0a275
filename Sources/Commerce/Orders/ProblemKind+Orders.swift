import Web

extension ProblemKind {
    static let insufficientStock = ProblemKind(
        .conflict, "insufficient_stock", "Insufficient stock",
        "Some line asks for more than can be bought; `lines` has what is `available` of each. Nothing was ordered.")
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
