import Money
import Formats

/// One product as a row of the file says it, with everything checked that can be checked without the database. What is nil was
/// not written, and leaves what is there.
package struct ImportRow: Equatable, Sendable {
    let line: Int
    /// What the file calls the product.
    let externalID: String?
    /// By which the product is found where it has no known ``externalID``.
    let sku: String?
    let slug: String?
    /// What a new product's slug is made of; also what finds a product that the row gives no other name.
    let slugBase: String
    package let name: String
    let description: String?
    /// Names from the root down.
    let category: [String]?
    let tags: [String]?
    let images: [ImportImage]?
    /// Nil: not written, so that it is the product's, or the store's for a new one.
    let currency: CurrencyCode?
    /// That of the default variant, in minor units; without a ``currency`` in ten-thousandths (``RowRules/openDigits``).
    package let price: Int64
    let status: String?
    /// The default one first; never empty.
    package let variants: [ImportVariant]
    /// Whether the row lists its variants. One that does not speaks of the default variant only.
    let listsVariants: Bool

    /// Whether nothing but its name says which product it is.
    var isKnownByNameOnly: Bool {
        externalID == nil && slug == nil && sku == nil && variants.allSatisfy { $0.sku == nil }
    }
}
