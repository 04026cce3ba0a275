import Money

/// The totals of an order: `subtotal − discount + tax + shipping = total`. The schema has the same constraint.
package struct OrderTotals: Equatable, Sendable {
    package let subtotal: Money
    package let discount: Money
    package let tax: Money
    package let shipping: Money
    package let total: Money

    /// The totals of lines alone; there are no rules for tax, shipping and discounts yet. Nil where a sum is too large.
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
