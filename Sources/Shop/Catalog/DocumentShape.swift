import Formats
import FoundationEssentials
import PostgresClient
import Web

/// The shape of the documents that processes share in Redis, as a part of their keys.
///
/// It is a hash of sample documents, as the service itself writes them, and of the columns that they are read from. A release
/// with one more field, or one that writes a field in another way, has another shape: it does not serve the documents of the release
/// before, nor does it overwrite them, while both run.
package enum DocumentShape {
    /// This release's shape, computed once.
    package static let current = of(samples())

    /// The first 64 bits of SHA-256: releases are few, and keys are short.
    static func of(_ documents: [[UInt8]]) -> String {
        var message: [UInt8] = []
        for document in documents {
            // The length comes first, so that no two lists make the same message.
            message.append(decimal: UInt64(document.count))
            message.append(UInt8(ascii: ":"))
            message += document
        }
        return Base64URL.encode(SHA256.hash(message).prefix(8))
    }

    /// A document of each kind, as it is stored in Redis, with every member that such a document can have; and the columns.
    static func samples() -> [[UInt8]] {
        let available = [7, 0]
        return [product().encoded(available: available)]
            + [list(ProductTotal(counted: 2)), list(ProductTotal(counted: .max)), list(nil), selection()].map {
                $0.encoded(available: available)
            }
            + [
                categories(), CatalogLoader.document(total: 12).template, facets(),
                CategorySlugs.json(["home-kitchen": "kitchen"]),
                StockTemplate(redirectTo: "/v1/products/slug").encoded(available: []),
            ]
            + [Array(CatalogStore.CategoryColumn.selectList.sql.utf8)]
    }

    private static let id = UUID(high: 0x0123_4567_89ab_7def, low: 0x8123_4567_89ab_cdef)

    private static func facets() -> [UInt8] {
        var counts = FacetCounts()
        counts.add(.category, [.init(value: "category", name: "Category", count: 2)], isExact: true)
        counts.add(
            .price, PriceBuckets.joined([(bits: 1, count: 2), (bits: 1 << 60, count: 1)]).map { .init($0) }, isExact: false)
        return counts.members(FacetRequest([("category", .category), ("price", .price)]))
    }

    /// A product as PostgreSQL keeps it. Its other members are those of the newest migration that has `product_document_of()`: a
    /// migration that changes them ends with a new version of the catalogue.
    private static func product() -> StockTemplate {
        var json = JSONWriter()
        json.beginObject()
        json.field("id", id)
        for index in 0..<2 {
            json.key("available")
            json.availablePlaceholder(index)
            json.key("in_stock")
            json.inStockPlaceholder(index)
        }
        json.endObject()
        return StockTemplate(variants: [id, id], template: json.finish())
    }

    private static func list(_ total: ProductTotal?) -> StockTemplate {
        let next = total == nil ? nil : "cursor"
        let list = ProductList(
            variants: [id, id], available: [7, 0], next: next, link: next.map { "</v1/products?cursor=\($0)>" }, total: total)
        return list.loaded { body in
            for _ in 0..<2 { withSummary(body) }
        }.document
    }

    private static func selection() -> StockTemplate {
        ProductSelectionDocument(variants: [id], available: [7], reasons: ["related"]).loaded { withSummary($0) }.document
    }

    /// A summary as PostgreSQL keeps it. Its members are those of the newest migration that has `product_summary()`: a migration that
    /// changes them ends with a new version of the catalogue.
    private static func withSummary(_ body: (ProductSummary) -> Void) {
        func number(_ number: Int) -> [UInt8] { withUnsafeBytes(of: UInt32(clamping: number).bigEndian) { Array($0) } }
        let head = Array(#"{"id":"\#(id)","in_stock":"#.utf8)
        let bytes = [ProductSummary.format] + id.bytes + number(1) + id.bytes + number(head.count) + head + Array("}".utf8)
        bytes.withUnsafeBufferPointer { bytes in
            guard let summary = ProductSummary(bytes) else { return }
            body(summary)
        }
    }

    private static func categories() -> [UInt8] {
        let other = UUID(high: 1, low: 2)
        return CategoryTree([
            Category(id: id, parent: nil, slug: "home", name: "Home", path: "home", products: 2),
            Category(id: other, parent: id, slug: "home-kitchen", name: "Kitchen", path: "home/kitchen", products: 3),
        ]).json()
    }
}
