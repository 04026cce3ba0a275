/// The category of a product, as the product names it.
package struct CategoryReference: Equatable, Sendable {
    package let slug: String
    package let name: String
}
