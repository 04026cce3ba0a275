import Formats

/// An amount in minor units of a currency (ISO 4217). Never a floating-point number.
package struct Money: Hashable, Sendable {
    package let amount: Int64
    package let currency: String

    package init(_ amount: Int64, _ currency: String) {
        self.amount = amount
        self.currency = currency
    }

    /// So many times this; nil where it no longer fits.
    package func times(_ count: Int) -> Money? {
        let (product, overflow) = amount.multipliedReportingOverflow(by: Int64(count))
        return overflow ? nil : Money(product, currency)
    }

    /// The sum; nil where it no longer fits or the currencies differ.
    package func plus(_ other: Money) -> Money? {
        let (sum, overflow) = amount.addingReportingOverflow(other.amount)
        return overflow || currency != other.currency ? nil : Money(sum, currency)
    }

    /// The sum of amounts that share a currency; nil where it no longer fits.
    package static func sum(_ amounts: some Sequence<Money>, _ currency: String) -> Money? {
        var total: Money? = Money(0, currency)
        for amount in amounts { total = total?.plus(amount) }
        return total
    }
}

extension JSONWriter {
    /// `"name": {"amount": 1299, "currency": "USD"}`
    package mutating func field(_ name: StaticString, _ money: Money) {
        key(name)
        beginObject()
        field("amount", money.amount)
        field("currency", money.currency)
        endObject()
    }
}
