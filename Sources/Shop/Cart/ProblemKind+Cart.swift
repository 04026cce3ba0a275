import Web

extension ProblemKind {
    static let cartConverted = ProblemKind(
        .conflict, "cart_converted", "Cart converted", "An order was placed from this cart. Create a new cart.")
    static let cartActive = ProblemKind(
        .conflict, "cart_active", "Cart active", "The cart in `from_cart` is still active. Use it.")
    static let cartMerged = ProblemKind(
        .conflict, "cart_merged", "Cart merged", "The lines of the cart were moved to another cart. Use that cart.")
    static let cartExpired = ProblemKind(
        .conflict, "cart_expired", "Cart expired", "The cart was not used for too long. Create a new cart.")
    static let currencyMismatch = ProblemKind(
        .unprocessableContent, "currency_mismatch", "Currency mismatch",
        "A cart and an order have one currency. `currency` is the one that is needed, `other_currency` the one that the item "
            + "is priced in. Buy it with a cart of its own.")
}
