import Formats
import FoundationEssentials
import PostgresClient

/// Rows on their way into the temporary tables, a batch at a time.
struct StagedRows {
    private var products = CopyText()
    private var variants = CopyText()
    private var count = 0

    /// As many rows, or bytes, as are worth a round trip.
    var isFull: Bool { count >= 1_000 || products.bytes.count >= 1 << 20 }

    mutating func append(_ row: ImportRow) {
        products.column(row.line)
        products.column(UUID.v7().text)
        products.column(row.externalID)
        products.column(row.sku)
        products.column(row.slug)
        products.column(row.slugBase)
        products.column(row.isKnownByNameOnly)
        products.column(row.name)
        products.column(row.description)
        products.column(row.category?.joined(separator: "/"))
        products.column(row.tags)
        if let images = row.images { products.column(utf8: ImportImage.json(images)) } else { products.column(nil as String?) }
        products.column(row.currency?.code)
        products.column(row.price)
        products.column(row.status)
        products.column(row.listsVariants)
        products.endRow()
        for (position, variant) in row.variants.enumerated() {
            variants.column(row.line)
            variants.column(position)
            variants.column(UUID.v7().text)
            variants.column(variant.sku)
            variants.column(variant.name)
            variants.column(utf8: variant.optionsJSON)
            variants.column(variant.price)
            variants.column(variant.stock)
            variants.column(variant.maximum)
            variants.endRow()
        }
        count += 1
    }

    /// Sends what has gathered.
    mutating func flush(_ connection: BlockingConnection) throws {
        guard count > 0 else { return }
        try connection.copyIn(
            """
            COPY import_product (line, id, external_id, sku, slug, base, by_name, name, description, category, tags, images, \
            currency, price, status, lists_variants) FROM STDIN
            """
        ) { try $0.write(products) }
        try connection.copyIn(
            "COPY import_variant (line, position, id, sku, name, options, price, stock, max_quantity) FROM STDIN"
        ) {
            try $0.write(variants)
        }
        products.removeAll()
        variants.removeAll()
        count = 0
    }
}
