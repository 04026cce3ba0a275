import Formats
import Money

/// One product of the file, checked as far as that is possible without the database. A value that is nil is not in the file and
/// stays unchanged in the database.
package struct ImportRow: Equatable, Sendable {
    let line: Int
    /// The product's id in the file.
    let externalID: String?
    /// Identifies the product if ``externalID`` is unknown.
    let sku: String?
    let slug: String?
    /// The beginning of a new product's slug. It also identifies the product if the row has no id, slug or SKU.
    let slugBase: String
    /// The same as releases before made it: products that they imported are recognized by it.
    let formerSlugBase: String
    package let name: String
    let description: String?
    /// Empty: the product has none any more.
    let brand: String?
    let attributes: [ImportAttribute]?
    /// Names from the root down.
    let category: [String]?
    let tags: [String]?
    let images: [ImportImage]?
    /// Nil: the currency of the product, or of the store for a new product.
    let currency: CurrencyCode?
    /// The price of the default variant in minor units; in ten-thousandths if ``currency`` is nil (``RowRules/openDigits``).
    package let price: Int64
    let status: String?
    /// The default variant comes first; never empty.
    package let variants: [ImportVariant]
    /// Whether the row lists its variants. Otherwise it is only about the default variant.
    let listsVariants: Bool

    /// Whether only the name identifies the product.
    var isKnownByNameOnly: Bool {
        externalID == nil && slug == nil && sku == nil && variants.allSatisfy { $0.sku == nil }
    }
}

/// One variant of a row.
package struct ImportVariant: Equatable, Sendable {
    let sku: String?
    let name: String
    /// In their own order.
    let options: [Option]
    /// In the same unit as the row's price.
    let price: Int64
    /// Nil: not in the file.
    let stock: Int?
    /// The largest quantity in an order; nil: not in the file.
    var maximum: Int?
    /// So few available units are low stock; nil: as the shop's setting says.
    var lowStock: Int?
    /// The price before it was reduced, in the same unit; nil: not in the file; 0: there is none.
    var compareAtPrice: Int64?

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

/// An image of a row.
struct ImportImage: Equatable, Sendable {
    let url: String
    let alt: String
    /// In pixels.
    var width: Int?
    var height: Int?
    /// Other sizes of the same image.
    var sizes: [Size] = []

    struct Size: Equatable, Sendable {
        let url: String
        let width: Int
        let height: Int?
    }

    /// The images as the JSON array that the database stores.
    static func json(_ images: [ImportImage]) -> [UInt8] {
        var writer = JSONWriter(capacity: 128)
        writer.beginArray()
        for image in images {
            writer.beginObject()
            writer.field("url", image.url)
            writer.field("alt", image.alt)
            if let width = image.width { writer.field("width", width) }
            if let height = image.height { writer.field("height", height) }
            if !image.sizes.isEmpty {
                writer.key("sizes")
                writer.beginArray()
                for size in image.sizes {
                    writer.beginObject()
                    writer.field("url", size.url)
                    writer.field("width", size.width)
                    if let height = size.height { writer.field("height", height) }
                    writer.endObject()
                }
                writer.endArray()
            }
            writer.endObject()
        }
        writer.endArray()
        return writer.finish()
    }

    /// The address of an image; nil if the text is not one.
    ///
    /// An http or https URL stays. An address without a scheme is relative to `base`; a path from the root stays if `base` is such
    /// a path itself, since both are on the shop's own site.
    static func address(_ text: String, under base: String) -> String? {
        guard !text.isEmpty, text.utf8.count <= 2_000 else { return nil }
        let lower = text.prefix(8).lowercased()
        if lower.hasPrefix("https://") || lower.hasPrefix("http://") { return encoded(text) }
        guard !hasScheme(text), !text.hasPrefix("//") else { return nil }
        if text.hasPrefix("/") { return base.isEmpty || base.hasPrefix("/") ? encoded(text) : base + encoded(text) }
        return base + "/" + encoded(text)
    }

    /// RFC 3986 §3.1: a letter, then letters, digits, `+`, `-` and `.`, up to a colon.
    private static func hasScheme(_ text: String) -> Bool {
        let scheme = text.utf8.prefix { $0 != UInt8(ascii: ":") }
        guard scheme.count < text.utf8.count, let first = scheme.first else { return false }
        func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
        return isLetter(first)
            && scheme.allSatisfy { byte in
                isLetter(byte) || (0x30...0x39).contains(byte)
                    || [UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ".")].contains(byte)
            }
    }

    /// Percent-encodes characters that no URL may contain. Existing percent signs stay.
    private static func encoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if byte <= 0x20 || byte >= 0x7F || #""<>\^`{|}"#.utf8.contains(byte) {
                bytes.append(UInt8(ascii: "%"))
                bytes.append(hexadecimal: byte)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
