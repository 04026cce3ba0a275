import Formats
import Inventory
import Web

/// Which changes a cart allows. The caller holds the cart's lock.
package enum CartRules {
    /// How many lines a cart can have.
    package static let maximumLines = 100

    /// - Parameters:
    ///   - version: the cart's
    ///   - expected: the version that the client wants to change (If-Match), nil for any. Only the version of a tag counts.
    ///   - order: the order that was placed from the cart
    /// - Throws: `Problem`: 409 where the cart takes no writes, 412 where it has another version.
    package static func checkWritable(
        status: CartStatus, version: Int64, expected: EntityTagCondition?, order: CartOrder? = nil
    ) throws(Problem) {
        switch status {
        case .active: break
        case .converted: throw .cartConverted(order)
        case .merged: throw Problem(.cartMerged)
        case .expired: throw Problem(.cartExpired)
        case .unknown(let status): throw Problem(.conflict, "The cart is \(status) and cannot be changed. Create a new cart.")
        }
        if let expected, !expected.holds(forVersion: version) { throw .preconditionFailed }
    }

    /// The quantity of a line after an addition.
    /// - Parameters:
    ///   - present: the quantity of the line, nil for a new line
    ///   - lines: how many lines the cart has
    ///   - maximum: the largest quantity of the variant that an order can have
    static func adding(
        _ count: Int, to present: Int?, lines: Int, atMost maximum: Int = LineQuantity.maximum
    ) throws(Problem) -> Int {
        let (sum, overflow) = (present ?? 0).addingReportingOverflow(count)
        try checkQuantity(overflow ? Int.max : sum, atMost: maximum, present: present)
        try checkRoom(present: present, lines: lines)
        return sum
    }

    /// Checks that a line can have this quantity.
    /// - Parameters:
    ///   - maximum: the largest quantity of the variant that an order can have
    ///   - present: the quantity that the cart has
    static func checkQuantity(_ quantity: Int, atMost maximum: Int, present: Int?) throws(Problem) {
        let maximum = min(maximum, LineQuantity.maximum)
        guard quantity <= maximum else {
            throw .invalid("/quantity", "a line can have at most \(maximum) of this; the cart has \(present ?? 0)")
        }
    }

    /// The lines of a new cart that replaces one which has ended: at current prices, and no more of each than is available.
    /// A line that is unavailable stays, so that the shopper sees it.
    /// - Throws: `Problem` (409) where the cart or its order can still be used.
    static func linesAgain(of cart: Cart) throws(Problem) -> [CartLine] {
        switch cart.status {
        case .active: throw Problem(.cartActive, "The cart is still active. Use it.")
        case .merged: throw Problem(.cartMerged)
        case .converted: if let order = cart.order, !order.isLost { throw .cartConverted(order) }
        case .expired: break
        case .unknown(let status): throw Problem(.conflict, "The cart is \(status) and cannot be copied. Create a new cart.")
        }
        return cart.lines.map { $0.clamped }
    }

    /// Checks that the variant is priced in the cart's currency.
    /// - Throws: `Problem` (422) that names both currencies.
    static func checkCurrency(_ currency: String, of sku: String, in cart: String) throws(Problem) {
        guard currency != cart else { return }
        throw .currencyMismatch(
            expected: cart, [(InputError(.pointer("/sku"), "\(sku) is priced in \(currency), and the cart in \(cart)"), currency)]
        )
    }

    /// Checks that the cart has room for the line.
    static func checkRoom(present: Int?, lines: Int) throws(Problem) {
        guard present != nil || lines < maximumLines else {
            throw .invalid("/sku", "a cart can have at most \(maximumLines) lines")
        }
    }
}
