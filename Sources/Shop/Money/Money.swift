import Formats

/// An amount of money in minor units of a currency (ISO 4217), never a floating-point number. Money of two currencies cannot be
/// added.
package struct Money: Hashable, Sendable {
    /// Minor units: 1299 is 12.99 where the currency has two digits.
    package let amount: Int64
    /// The code of the currency.
    package let currency: String

    package init(_ amount: Int64, _ currency: String) {
        self.amount = amount
        self.currency = currency
    }

    /// The product with a count; nil where 64 bits do not hold it.
    package func times(_ count: Int) -> Money? {
        let (product, overflow) = amount.multipliedReportingOverflow(by: Int64(count))
        return overflow ? nil : Money(product, currency)
    }

    /// The sum; nil where 64 bits do not hold it or the currencies differ.
    package func plus(_ other: Money) -> Money? {
        let (sum, overflow) = amount.addingReportingOverflow(other.amount)
        return overflow || currency != other.currency ? nil : Money(sum, currency)
    }

    /// The sum of amounts in one currency; nil where 64 bits do not hold it or an amount has another currency.
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
