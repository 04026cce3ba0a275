/// The category of a product, as the product names it. Valid as long as the row it was read from.
struct CategoryReference {
    let slug: UnsafeBufferPointer<UInt8>
    let name: UnsafeBufferPointer<UInt8>

    init(slug: UnsafeBufferPointer<UInt8>, name: UnsafeBufferPointer<UInt8>) {
        self.slug = slug
        self.name = name
    }

    /// Nil where the product has no category.
    init?(slug: UnsafeBufferPointer<UInt8>?, name: UnsafeBufferPointer<UInt8>?) {
        guard let slug, let name else { return nil }
        self.init(slug: slug, name: name)
    }
}
