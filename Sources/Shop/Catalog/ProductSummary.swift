import Formats
import FoundationEssentials

/// A product as a list shows it: JSON that PostgreSQL keeps with the product (`product_summary()` in `migrations`), and the
/// variants whose stock decides whether it can be bought. Valid as long as the row it was read from.
struct ProductSummary {
    /// The format that this release reads. Another one gets a column of its own, since the release before reads this one.
    static let format: UInt8 = 1

    let id: UUID
    /// How many variants are on sale.
    let variantCount: Int
    private let variants: UnsafeRawBufferPointer
    /// The JSON before and after whether the product can be bought.
    private let head: UnsafeRawBufferPointer
    private let tail: UnsafeRawBufferPointer

    /// Nil for bytes that are not of this format.
    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        let bytes = UnsafeRawBufferPointer(bytes)
        // The format, the id, the number of variants; their ids, the length of the head.
        guard bytes.count >= 21, bytes[0] == Self.format else { return nil }
        id = UUID(uuid: bytes.loadUnaligned(fromByteOffset: 1, as: uuid_t.self))
        variantCount = Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 17, as: UInt32.self)))
        let variantsEnd = 21 + variantCount * 16
        guard bytes.count >= variantsEnd + 4 else { return nil }
        variants = UnsafeRawBufferPointer(rebasing: bytes[21..<variantsEnd])
        let length = Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: variantsEnd, as: UInt32.self)))
        let text = UnsafeRawBufferPointer(rebasing: bytes[(variantsEnd + 4)...])
        // The tail ends with a brace at least.
        guard length < text.count else { return nil }
        head = UnsafeRawBufferPointer(rebasing: text[..<length])
        tail = UnsafeRawBufferPointer(rebasing: text[length...])
    }

    /// Appends the ids of its variants.
    func appendVariants(to list: inout [UUID]) {
        for index in 0..<variantCount {
            list.append(UUID(uuid: variants.loadUnaligned(fromByteOffset: index * 16, as: uuid_t.self)))
        }
    }

    /// Writes the product with a placeholder for its stock.
    /// - Parameters:
    ///   - first: the index of its first variant among those of the list
    ///   - reason: why it was chosen, as its last member; nil: none
    func write(to json: inout JSONWriter, firstVariant first: Int, reason: String? = nil) {
        json.raw { bytes in
            bytes.append(contentsOf: head)
            bytes.appendAnyInStockPlaceholder(first, count: variantCount)
            guard let reason else { return bytes.append(contentsOf: tail) }
            bytes.append(contentsOf: tail.dropLast())
            bytes.append(contentsOf: #","reason":""#.utf8)
            bytes.appendEscaped(reason)
            bytes.append(contentsOf: #""}"#.utf8)
        }
    }
}
