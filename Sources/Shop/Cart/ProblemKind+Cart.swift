import Formats
import Web

extension ProblemKind {
    package static let cartConverted = ProblemKind(
        .conflict, "cart_converted", "Cart converted", "An order was placed from this cart. Create a new cart.")
    static let cartActive = ProblemKind(
        .conflict, "cart_active", "Cart still active", "The cart in `from_cart` is still active. Use it.")
    package static let cartMerged = ProblemKind(
        .conflict, "cart_merged", "Cart merged", "The lines of the cart were moved to another cart. Use that cart.")
    package static let cartExpired = ProblemKind(
        .conflict, "cart_expired", "Cart expired", "The cart was not changed for too long. Create a new cart.")
    package static let currencyMismatch = ProblemKind(
        .unprocessableContent, "currency_mismatch", "Currency mismatch",
        "A cart or an order has only one currency. `currency` is its currency, `other_currency` that of the item. Buy "
            + "the item with a separate cart.")
}

extension Problem {
    /// 404, also where the token is wrong.
    package static let noCart = Problem.notFound("There is no such cart.")

    /// 409: an order was placed from the cart.
    /// - Parameter order: named to the holder of the cart's token, who may not have received the response to the order
    static func cartConverted(_ order: CartOrder?) -> Problem {
        let problem = Problem(.cartConverted)
        guard let order else { return problem }
        var members = JSONObject()
        members.append("id", .string(order.id.text))
        members.append("number", .string(order.number))
        return problem.with("order", .object(members))
    }

    /// 422: the lines are priced in several currencies.
    /// - Parameters:
    ///   - expected: the currency that all lines must have
    ///   - others: the lines in other currencies
    package static func currencyMismatch(expected: String, _ others: [(fault: InputError, currency: String)]) -> Problem {
        let problem = Problem(
            .currencyMismatch, others.count == 1 ? others.first?.fault.detail : nil, errors: others.map(\.fault)
        ).with("currency", .string(expected))
        guard let other = others.first?.currency else { return problem }
        return problem.with("other_currency", .string(other))
    }

    /// 422: a sum of prices that does not fit.
    package static let amountTooLarge = Problem.invalid("/items", "the sum is greater than an amount can be")
}
