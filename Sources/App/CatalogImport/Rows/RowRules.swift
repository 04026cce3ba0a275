import Money
import Formats

/// The rules for rows: the shop's settings, and the limits of each field.
package struct RowRules: Sendable {
    /// The currency of new products that name none.
    package let currency: CurrencyCode
    /// The base of image addresses without a scheme; without a slash at its end.
    package let imageBase: String

    package init(currency: CurrencyCode, imageBase: String) {
        self.currency = currency
        self.imageBase = imageBase
    }

    static let nameLength = 200
    static let descriptionLength = 50_000
    static let skuLength = 64
    static let externalIDLength = 200
    static let categoryDepth = 8
    static let tags = 50
    static let images = 50
    static let variants = 100
    static let options = 10
    static let optionLength = 100
    /// In minor units. The total of a cart full of the most expensive product must fit into 64 bits.
    static let maximumPrice: Int64 = 1_000_000_000_000
    /// The decimal places of a price whose currency is not known yet; no currency has more.
    package static let openDigits = 4
    static let maximumStock = 1_000_000_000
    /// Leaves room for a number after the slug of a name.
    static let slugBaseLength = 72
}
