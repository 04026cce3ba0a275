import Formats
import Inventory
import Web

/// What a write to a cart may do, decided under the cart's lock.
package enum CartRules {
    /// How many lines a cart can have.
    package static let maximumLines = 100

    /// A cart that can be written to, or the problem with it.
    /// - Parameters:
    ///   - version: the cart's
    ///   - expected: what the caller will write to (If-Match), nil for any; only the version of a tag counts
    ///   - order: the one that was placed from it
    package static func checkWritable(
        status: CartStatus, version: Int64, expected: EntityTagCondition?, order: CartOrder? = nil
    ) throws(Problem) {
        switch status {
        case .active: break
        case .converted: throw .cartConverted(order)
        case .merged, .expired:
            throw Problem.conflict("cart_\(status.rawValue)", "The cart is \(status.rawValue). Create a new cart.")
        }
        if let expected, !expected.holds(forVersion: version) { throw .preconditionFailed }
    }

    /// The quantity after an add.
    /// - Parameters:
    ///   - present: that of the line, nil where there is none yet
    ///   - lines: how many the cart has
    ///   - maximum: the most that an order can have of the variant
    static func adding(
        _ count: Int, to present: Int?, lines: Int, atMost maximum: Int = LineQuantity.maximum
    ) throws(Problem) -> Int {
        let (sum, overflow) = (present ?? 0).addingReportingOverflow(count)
        try checkQuantity(overflow ? Int.max : sum, atMost: maximum, present: present)
        try checkRoom(present: present, lines: lines)
        return sum
    }

    /// Whether a line can have so many.
    /// - Parameters:
    ///   - maximum: the most that an order can have of the variant
    ///   - present: how many the cart has
    static func checkQuantity(_ quantity: Int, atMost maximum: Int, present: Int?) throws(Problem) {
        let maximum = min(maximum, LineQuantity.maximum)
        guard quantity <= maximum else {
            throw .invalid("/quantity", "a line can have at most \(maximum) of this; the cart has \(present ?? 0)")
        }
    }

    /// The lines of a new cart that is made from one which has come to its end: at today's prices, and no more of each than
    /// there is. A line that cannot be had at all is kept, so that the shopper sees it is missing.
    /// - Throws: `Problem` where the cart is still of use, or its order is.
    static func linesAgain(of cart: Cart) throws(Problem) -> [CartLine] {
        switch cart.status {
        case .active: throw Problem.conflict("cart_active", "The cart is still active. Use it.")
        case .merged: throw Problem.conflict("cart_merged", "The cart was merged. Its lines are in the other cart.")
        case .converted: if let order = cart.order, !order.isLost { throw .cartConverted(order) }
        case .expired: break
        }
        return cart.lines.map { $0.clamped }
    }

    /// Whether the variant is priced in the cart's currency.
    /// - Throws: `Problem` (422) that names both.
    static func checkCurrency(_ currency: String, of sku: String, in cart: String) throws(Problem) {
        guard currency != cart else { return }
        throw .currencyMismatch(
            expected: cart, [(InputError(.pointer("/sku"), "\(sku) is priced in \(currency), and the cart in \(cart)"), currency)]
        )
    }

    /// Whether there is room for the line.
    static func checkRoom(present: Int?, lines: Int) throws(Problem) {
        guard present != nil || lines < maximumLines else {
            throw .invalid("/sku", "a cart can have at most \(maximumLines) lines")
        }
    }
}

extension Problem {
    /// What is to be bought together is priced in several currencies.
    /// - Parameters:
    ///   - expected: the currency that all must have
    ///   - others: what is priced in another, and in which
    package static func currencyMismatch(expected: String, _ others: [(fault: InputError, currency: String)]) -> Problem {
        let problem = Problem(
            .currencyMismatch, others.count == 1 ? others.first?.fault.detail : nil, errors: others.map(\.fault)
        ).with("currency", .string(expected))
        guard let other = others.first?.currency else { return problem }
        return problem.with("other_currency", .string(other))
    }

    /// The cart has become an order.
    static let cartConverted = Problem.conflict("cart_converted", "An order was placed from this cart. Create a new cart.")

    /// The same, naming the order to the holder of the cart's token, whose answer may have been lost.
    static func cartConverted(_ order: CartOrder?) -> Problem {
        guard let order else { return cartConverted }
        var members = JSONObject()
        members.append("id", .string(order.id.text))
        members.append("number", .string(order.number))
        return cartConverted.with("order", .object(members))
    }
}
