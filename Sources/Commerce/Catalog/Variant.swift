import FoundationEssentials

/// What is sold of a product: one size, one colour.
package struct Variant: Sendable {
    package let id: UUID
    package let sku: String
    package let name: String
    /// A JSON object, as the database keeps it: `{"size": "M"}`.
    package let options: [UInt8]
    package let price: Money
    /// What could be bought when it was read.
    package let available: Int
}
