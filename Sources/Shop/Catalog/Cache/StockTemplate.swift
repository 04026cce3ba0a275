import Formats
import FoundationEssentials

/// A piece of JSON that is known but for the stock of some variants.
///
/// Names and prices change by the day and are kept for minutes; stock changes by the second and is kept for one.
/// So the text is kept with holes where the stock belongs, and filled in once a second where somebody asks.
package struct StockTemplate: Equatable, Sendable {
    /// The variants whose stock fills the holes.
    package let variants: [UUID]
    /// The text. A hole is one of ``Hole``'s bytes and an index into ``variants``, two bytes, high one first; one
    /// that tells about several variants has their number in two more. No such byte occurs in JSON (RFC 8259 §7).
    let template: [UInt8]
    /// The Link field of a list that goes on.
    package let link: String?

    enum Hole {
        /// The number that can be bought of one variant.
        static let available: UInt8 = 0x01
        /// Whether one variant can be bought.
        static let inStock: UInt8 = 0x02
        /// Whether any of several can be bought.
        static let anyInStock: UInt8 = 0x03
    }

    init(variants: [UUID], template: [UInt8], link: String? = nil) {
        self.variants = variants
        self.template = template
        self.link = link
    }

    /// The text with what is available of each variant, in their order; what is not told counts as none.
    package func filled(with available: [Int]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(template.count + 16)
        var start = 0
        var index = 0
        let count = template.count
        while index < count {
            let byte = template[index]
            guard byte <= Hole.anyInStock, byte != 0 else {
                index += 1
                continue
            }
            text.append(contentsOf: template[start..<index])
            let first = number(at: index + 1)
            index += 3
            switch byte {
            case Hole.available:
                text.append(decimal: max(0, stock(first, available)))
            case Hole.inStock:
                text.append(contentsOf: stock(first, available) > 0 ? Self.yes : Self.no)
            default:
                let last = min(first + number(at: index), available.count)
                index += 2
                let any = (first..<max(first, last)).contains { stock($0, available) > 0 }
                text.append(contentsOf: any ? Self.yes : Self.no)
            }
            start = min(index, count)
        }
        text.append(contentsOf: template[start..<count])
        return text
    }

    private static let yes = Array("true".utf8)
    private static let no = Array("false".utf8)

    private func number(at index: Int) -> Int {
        index + 1 < template.count ? Int(template[index]) << 8 | Int(template[index + 1]) : 0
    }

    private func stock(_ index: Int, _ available: [Int]) -> Int { index < available.count ? available[index] : 0 }
}

// MARK: Writing holes

extension JSONWriter {
    /// A hole for the number available of the variant at `index`.
    mutating func availableHole(_ index: Int) { hole(StockTemplate.Hole.available, index) }

    /// A hole for whether the variant at `index` can be bought.
    mutating func inStockHole(_ index: Int) { hole(StockTemplate.Hole.inStock, index) }

    /// A hole for whether any of `count` variants from `index` on can be bought.
    mutating func anyInStockHole(_ index: Int, count: Int) {
        raw { bytes in
            bytes.append(StockTemplate.Hole.anyInStock)
            bytes.appendPair(index)
            bytes.appendPair(count)
        }
    }

    private mutating func hole(_ kind: UInt8, _ index: Int) {
        raw { bytes in
            bytes.append(kind)
            bytes.appendPair(index)
        }
    }
}

extension [UInt8] {
    fileprivate mutating func appendPair(_ number: Int) {
        append(UInt8(truncatingIfNeeded: number >> 8))
        append(UInt8(truncatingIfNeeded: number))
    }
}
