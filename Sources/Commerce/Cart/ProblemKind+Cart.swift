import Web

extension ProblemKind {
    static let cartConverted = ProblemKind(
        .conflict, "cart_converted", "Cart converted", "An order was placed from this cart. Make a new one.")
    static let cartActive = ProblemKind(
        .conflict, "cart_active", "Cart active", "`from_cart` names a cart that still takes writes. Go on with that one.")
    static let cartMerged = ProblemKind(
        .conflict, "cart_merged", "Cart merged", "The cart's lines went into another cart; go on with that one.")
    static let cartExpired = ProblemKind(
        .conflict, "cart_expired", "Cart expired", "Nobody came back for the cart in time. Make a new one.")
}
