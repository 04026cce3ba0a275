import Money

/// The sums of an order: `subtotal − discount + tax + shipping = total`, which the schema asserts too.
package struct OrderTotals: Equatable, Sendable {
    package let subtotal: Money
    package let discount: Money
    package let tax: Money
    package let shipping: Money
    package let total: Money

    /// Of lines alone: without tax, shipping or discount rules configured, those are 0. Nil where it does not fit.
    package init?(lines: [OrderLine], currency: String) {
        guard let subtotal = Money.sum(lines.map(\.total), currency) else { return nil }
        let none = Money(0, currency)
        self.init(subtotal: subtotal, discount: none, tax: none, shipping: none, total: subtotal)
    }

    package init(subtotal: Money, discount: Money, tax: Money, shipping: Money, total: Money) {
        self.subtotal = subtotal
        self.discount = discount
        self.tax = tax
        self.shipping = shipping
        self.total = total
    }
}
