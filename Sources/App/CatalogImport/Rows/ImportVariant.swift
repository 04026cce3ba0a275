import Formats

/// One variant as a row says it.
package struct ImportVariant: Equatable, Sendable {
    let sku: String?
    let name: String
    /// In the order of their names.
    let options: [Option]
    /// As the row's.
    let price: Int64
    /// Pieces; nil: not written.
    let stock: Int?
    /// The most that an order can have of it; nil: not written.
    var maximum: Int?

    struct Option: Equatable, Sendable {
        let name: String
        let value: String
    }

    /// The options as a JSON object.
    var optionsJSON: [UInt8] {
        var writer = JSONWriter(capacity: 64)
        writer.beginObject()
        for option in options {
            writer.key(dynamic: option.name)
            writer.string(option.value)
        }
        writer.endObject()
        return writer.finish()
    }
}
