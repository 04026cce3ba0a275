/// The category of a product, as the product names it. Valid as long as the row it was read from.
struct CategoryReference {
    let slug: UnsafeBufferPointer<UInt8>
    let name: UnsafeBufferPointer<UInt8>
}
