import Money
import Formats

/// The rules for rows: the shop's settings, and the limits of each field.
package struct RowRules: Sendable {
    /// The currency of new products that name none.
    package let currency: CurrencyCode
    /// The base of image addresses without a scheme; without a slash at its end.
    package let imageBase: String
    /// How a category is written.
    package let categoryPath: CategoryPath

    package init(currency: CurrencyCode, imageBase: String, categoryPath: CategoryPath = .standard) {
        self.currency = currency
        self.imageBase = imageBase
        self.categoryPath = categoryPath
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
    static let brandLength = 100
    static let attributes = 50
    /// The values of one attribute.
    static let attributeValues = 20
    static let attributeNameLength = 100
    static let attributeLength = 200
    static let attributeUnitLength = 20
    /// In bytes.
    static let attributeCodeLength = 60
    /// The decimal places of a number.
    static let attributeDigits = 6
    /// The widest and highest image, in pixels.
    static let imageLength = 100_000
    /// The other sizes of an image.
    static let imageSizes = 20
    /// In minor units. The total of a cart full of the most expensive product must fit into 64 bits.
    static let maximumPrice: Int64 = 1_000_000_000_000
    /// The decimal places of a price whose currency is not known yet; no currency has more.
    package static let openDigits = 4
    static let maximumStock = 1_000_000_000
    /// In bytes. Leaves room for a number after the slug of a name.
    static let slugBaseLength = 72
}
