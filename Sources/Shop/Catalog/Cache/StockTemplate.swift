import Formats
import FoundationEssentials

/// A JSON text that lacks only the stock of some variants.
///
/// Names and prices change by the day, and are kept for minutes. Stock changes by the second, and is kept for one second. So the
/// text is kept with placeholders for the stock, which are filled in when a request comes, at most once a second.
package struct StockTemplate: Equatable, Sendable {
    /// The variants whose stock the text shows.
    package let variants: [UUID]
    /// The text. A placeholder is one of the bytes of ``Placeholder``, and an index into ``variants`` in two bytes, high one first;
    /// one for several variants has their number in two more. None of these bytes occurs in JSON (RFC 8259 §7).
    let template: [UInt8]
    /// The Link field of a list that has a next page.
    package let link: String?
    /// The Location field of a redirect, for a slug that has been replaced.
    package let location: String?

    enum Placeholder {
        /// How many pieces of one variant can be bought.
        static let available: UInt8 = 0x01
        /// Whether one variant can be bought.
        static let inStock: UInt8 = 0x02
        /// Whether any of several variants can be bought.
        static let anyInStock: UInt8 = 0x03
    }

    init(variants: [UUID], template: [UInt8], link: String? = nil) {
        self.variants = variants
        self.template = template
        self.link = link
        location = nil
    }

    /// A redirect to another path: `{"location": path}`.
    init(redirectTo path: String) {
        variants = []
        link = nil
        location = path
        var json = JSONWriter(capacity: 32 + path.utf8.count)
        json.beginObject()
        json.field("location", path)
        json.endObject()
        template = json.finish()
    }

    private init(variants: [UUID], template: [UInt8], field: String?, isRedirect: Bool) {
        self.variants = variants
        self.template = template
        link = isRedirect ? nil : field
        location = isRedirect ? field : nil
    }

    /// The text with how many pieces of each variant can be bought, in their order; a number that is missing counts as 0.
    package func filled(with available: [Int]) -> [UInt8] {
        template.withUnsafeBytes { template in
            var text: [UInt8] = []
            text.reserveCapacity(template.count + 16)
            var start = 0
            while let place = Self.placeholder(in: template, from: start) {
                text.append(contentsOf: template[start..<place])
                let first = Self.number(in: template, at: place + 1)
                start = place + 3
                switch template[place] {
                case Placeholder.available:
                    text.append(decimal: max(0, stock(first, available)))
                case Placeholder.inStock:
                    text.append(contentsOf: stock(first, available) > 0 ? Self.yes : Self.no)
                default:
                    let last = min(first + Self.number(in: template, at: start), available.count)
                    start += 2
                    let any = (first..<max(first, last)).contains { stock($0, available) > 0 }
                    text.append(contentsOf: any ? Self.yes : Self.no)
                }
                start = min(start, template.count)
            }
            text.append(contentsOf: template[start...])
            return text
        }
    }

    /// The place of the next placeholder. Most bytes are none, so eight are looked at together: the subtraction borrows into the highest bit
    /// of a byte only below the bound.
    private static func placeholder(in template: UnsafeRawBufferPointer, from start: Int) -> Int? {
        let bound = UInt64(Placeholder.anyInStock) + 1
        var place = start
        while place < template.count {
            if place + 8 <= template.count {
                let bytes = template.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                if (bytes &- 0x0101_0101_0101_0101 &* bound) & ~bytes & 0x8080_8080_8080_8080 == 0 {
                    place += 8
                    continue
                }
            }
            for _ in 0..<min(8, template.count - place) {
                if (Placeholder.available...Placeholder.anyInStock).contains(template[place]) { return place }
                place += 1
            }
        }
        return nil
    }

    private static let yes = Array("true".utf8)
    private static let no = Array("false".utf8)

    private static func number(in template: UnsafeRawBufferPointer, at index: Int) -> Int {
        index + 1 < template.count ? Int(template[index]) << 8 | Int(template[index + 1]) : 0
    }

    private func stock(_ index: Int, _ available: [Int]) -> Int { index < available.count ? available[index] : 0 }
}

// MARK: In PostgreSQL

extension StockTemplate {
    /// The format of `product_document.document` that this release reads. Another one gets a column of its own, since the release before
    /// reads this one.
    static let keptFormat: UInt8 = 1

    /// A product as PostgreSQL keeps it (`product_document_of()` in `migrations`): the format, then the text with its placeholders.
    /// Nil for other bytes.
    init?(kept bytes: UnsafeBufferPointer<UInt8>, variants: [UUID]) {
        guard bytes.count > 2, bytes[0] == Self.keptFormat, bytes[1] == UInt8(ascii: "{") else { return nil }
        self.init(variants: variants, template: Array(bytes.dropFirst()))
    }
}

// MARK: In Redis

/// A byte for the kind of document, the number of variants in two bytes, their ids and how many pieces of each could be bought in four, the Link
/// or Location field's length in two and the field, then the template. The stock is for the time when PostgreSQL is away.
extension StockTemplate {
    private static let plain: UInt8 = 1
    private static let redirect: UInt8 = 2

    /// The bytes for Redis.
    func encoded(available: [Int]) -> [UInt8] {
        var bytes: [UInt8] = [location == nil ? Self.plain : Self.redirect]
        bytes.reserveCapacity(template.count + variants.count * 20 + 3)
        bytes.append(UInt8(truncatingIfNeeded: variants.count >> 8))
        bytes.append(UInt8(truncatingIfNeeded: variants.count))
        for (index, variant) in variants.enumerated() {
            bytes.append(contentsOf: variant.bytes)
            let stock = UInt32(clamping: index < available.count ? available[index] : 0)
            for shift in [24, 16, 8, 0] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: stock >> shift)) }
        }
        let field = Array((location ?? link ?? "").utf8.prefix(0xffff))
        bytes.append(UInt8(truncatingIfNeeded: field.count >> 8))
        bytes.append(UInt8(truncatingIfNeeded: field.count))
        bytes.append(contentsOf: field)
        bytes.append(contentsOf: template)
        return bytes
    }

    /// The document of ``encoded(available:)``; nil for any other bytes.
    static func decode(_ bytes: [UInt8]) -> (document: StockTemplate, available: [Int])? {
        guard bytes.count >= 3, bytes[0] == plain || bytes[0] == redirect else { return nil }
        let count = Int(bytes[1]) << 8 | Int(bytes[2])
        let start = 3 + count * 20
        guard bytes.count >= start + 2 else { return nil }
        let text = start + 2
        let end = text + (Int(bytes[start]) << 8 | Int(bytes[start + 1]))
        guard bytes.count >= end else { return nil }
        let field = end > text ? String(validating: bytes[text..<end], as: UTF8.self) : nil
        guard bytes[0] == plain || (field != nil && count == 0) else { return nil }
        var variants: [UUID] = []
        var available: [Int] = []
        variants.reserveCapacity(count)
        available.reserveCapacity(count)
        for index in 0..<count {
            let place = 3 + index * 20
            guard let variant = UUID(bytes: bytes[place..<place + 16]) else { return nil }
            variants.append(variant)
            available.append(bytes[place + 16..<place + 20].reduce(0) { $0 << 8 | Int($1) })
        }
        let document = StockTemplate(
            variants: variants, template: Array(bytes[end...]), field: field, isRedirect: bytes[0] == redirect)
        return (document, available)
    }
}

// MARK: Placeholders

extension JSONWriter {
    /// Writes a placeholder for how many pieces of the variant at `index` can be bought.
    mutating func availablePlaceholder(_ index: Int) { placeholder(StockTemplate.Placeholder.available, index) }

    /// Writes a placeholder for whether the variant at `index` can be bought.
    mutating func inStockPlaceholder(_ index: Int) { placeholder(StockTemplate.Placeholder.inStock, index) }

    /// Writes a placeholder for whether any of `count` variants from `index` on can be bought.
    mutating func anyInStockPlaceholder(_ index: Int, count: Int) {
        raw { $0.appendAnyInStockPlaceholder(index, count: count) }
    }

    private mutating func placeholder(_ kind: UInt8, _ index: Int) {
        raw { bytes in
            bytes.append(kind)
            bytes.appendPair(index)
        }
    }
}

extension [UInt8] {
    /// The same for a writer that appends more than the placeholder.
    mutating func appendAnyInStockPlaceholder(_ index: Int, count: Int) {
        append(StockTemplate.Placeholder.anyInStock)
        appendPair(index)
        appendPair(count)
    }

    fileprivate mutating func appendPair(_ number: Int) {
        append(UInt8(truncatingIfNeeded: number >> 8))
        append(UInt8(truncatingIfNeeded: number))
    }
}
