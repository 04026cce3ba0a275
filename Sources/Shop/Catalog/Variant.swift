import FoundationEssentials

/// What is sold of a product: one size, one colour. Valid as long as the row it was read from.
struct Variant {
    let id: UUID
    let sku: UnsafeBufferPointer<UInt8>
    let name: UnsafeBufferPointer<UInt8>
    /// A JSON object, as the database keeps it: `{"size": "M"}`.
    let options: UnsafeBufferPointer<UInt8>?
    /// In the product's currency.
    let price: Int64
    /// What could be bought when it was read.
    let available: Int
}
