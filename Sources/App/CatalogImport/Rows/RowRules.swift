import Money
import Formats

/// What rows are read with: the shop's settings, and the bounds of each field.
package struct RowRules: Sendable {
    /// Of new products that name no currency.
    package let currency: CurrencyCode
    /// What pictures without scheme stand under, without a slash at its end.
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
    /// Minor units: a cart full of the dearest thing must still fit into 64 bits.
    static let maximumPrice: Int64 = 1_000_000_000_000
    /// How many digits behind the point are kept of a price as long as its currency is not known: no currency has more.
    package static let openDigits = 4
    static let maximumStock = 1_000_000_000
    /// Leaves room for the number that tells products of one name apart.
    static let slugBaseLength = 72
}
