import Formats
import FoundationEssentials
import PostgresClient

/// Collects rows and copies them into the temporary tables, a batch at a time.
struct StagedRows {
    private var products = CopyText()
    private var variants = CopyText()
    private var count = 0

    /// Whether the batch is worth a round trip.
    var isFull: Bool { count >= 1_000 || products.bytes.count >= 1 << 20 }

    mutating func append(_ row: ImportRow) {
        StagingTables.product.append(row, to: &products)
        for (position, variant) in row.variants.enumerated() {
            StagingTables.variant.append(StagedVariant(line: row.line, position: position, variant: variant), to: &variants)
        }
        count += 1
    }

    /// Sends the batch.
    mutating func flush(_ connection: BlockingConnection) throws {
        guard count > 0 else { return }
        try connection.copyIn(StagingTables.product.copy) { try $0.write(products) }
        try connection.copyIn(StagingTables.variant.copy) { try $0.write(variants) }
        products.removeAll()
        variants.removeAll()
        count = 0
    }
}

/// A temporary table in which rows wait until they become products. Its columns are listed once: the list makes the table, the
/// columns of COPY and the values of a row.
struct StagingTable<Row>: Sendable {
    struct Column: Sendable {
        let name: String
        let definition: String
        /// Writes the column's value of a row; nil for a column that a later statement fills.
        let write: (@Sendable (Row, inout CopyText) -> Void)?

        init(_ name: String, _ definition: String, _ write: (@Sendable (Row, inout CopyText) -> Void)? = nil) {
            self.name = name
            self.definition = definition
            self.write = write
        }
    }

    let name: String
    let columns: [Column]
    /// A constraint of the table, after the columns.
    var constraint: String?

    /// CREATE TABLE; the table is dropped at the end of the transaction.
    var create: String {
        let lines = columns.map { "\($0.name) \($0.definition)" } + (constraint.map { [$0] } ?? [])
        return "CREATE TEMPORARY TABLE \(name) (\(lines.joined(separator: ", "))) ON COMMIT DROP"
    }

    /// COPY, with the columns that ``append(_:to:)`` writes.
    var copy: String {
        "COPY \(name) (\(columns.filter { $0.write != nil }.map(\.name).joined(separator: ", "))) FROM STDIN"
    }

    func append(_ row: Row, to text: inout CopyText) {
        for column in columns { column.write?(row, &text) }
        text.endRow()
    }
}

/// A variant with its place in the file.
struct StagedVariant {
    let line: Int
    let position: Int
    let variant: ImportVariant
}

/// The temporary tables of products and variants.
enum StagingTables {
    static let product = StagingTable<ImportRow>(
        name: "import_product",
        columns: [
            .init("line", "bigint PRIMARY KEY") { $1.column($0.line) },
            // The id of the product if it is new.
            .init("id", "uuid NOT NULL") { $1.column(UUID.v7().text) },
            .init("external_id", "text") { $1.column($0.externalID) },
            .init("sku", "text") { $1.column($0.sku) },
            .init("slug", "text") { $1.column($0.slug) },
            // The beginning of a new slug.
            .init("base", "text NOT NULL") { $1.column($0.slugBase) },
            // The same as releases before made it.
            .init("former_base", "text NOT NULL") { $1.column($0.formerSlugBase) },
            // Whether only the name identifies the product.
            .init("by_name", "boolean NOT NULL") { $1.column($0.isKnownByNameOnly) },
            .init("name", "text NOT NULL") { $1.column($0.name) },
            .init("description", "text") { $1.column($0.description) },
            .init("brand", "text") { $1.column($0.brand) },
            // As in the file; later with the types of the attributes.
            .init("attributes", "jsonb") { row, text in
                if let attributes = row.attributes {
                    text.column(utf8: ImportAttribute.json(attributes))
                } else {
                    text.column(nil as String?)
                }
            },
            // A name has no line breaks, but may have slashes.
            .init("category", "text") { $1.column($0.category?.joined(separator: "\n")) },
            .init("tags", "text[]") { $1.column($0.tags) },
            .init("images", "jsonb") { row, text in
                if let images = row.images { text.column(utf8: ImportImage.json(images)) } else { text.column(nil as String?) }
            },
            // NULL: the currency of the product. Until it is known, prices are in ten-thousandths.
            .init("currency", "text") { $1.column($0.currency?.code) },
            .init("price", "bigint NOT NULL") { $1.column($0.price) },
            .init("status", "text") { $1.column($0.status) },
            .init("lists_variants", "boolean NOT NULL") { $1.column($0.listsVariants) },
            .init("product_id", "uuid"),
            .init("is_new", "boolean"),
            .init("category_id", "uuid"),
        ])

    static let variant = StagingTable<StagedVariant>(
        name: "import_variant",
        columns: [
            .init("line", "bigint NOT NULL") { $1.column($0.line) },
            .init("position", "integer NOT NULL") { $1.column($0.position) },
            // The id of the variant if it is new.
            .init("id", "uuid NOT NULL") { $1.column(UUID.v7().text) },
            .init("sku", "text") { $1.column($0.variant.sku) },
            .init("name", "text NOT NULL") { $1.column($0.variant.name) },
            .init("options", "jsonb NOT NULL") { $1.column(utf8: $0.variant.optionsJSON) },
            .init("option_order", "text[] NOT NULL") { $1.column($0.variant.options.map(\.name)) },
            .init("price", "bigint NOT NULL") { $1.column($0.variant.price) },
            .init("compare_at_price", "bigint") { $1.column($0.variant.compareAtPrice) },
            .init("stock", "integer") { $1.column($0.variant.stock) },
            .init("max_quantity", "integer") { $1.column($0.variant.maximum) },
            .init("low_stock", "integer") { $1.column($0.variant.lowStock) },
            .init("variant_id", "uuid"),
            .init("is_new", "boolean"),
            .init("is_derived", "boolean NOT NULL DEFAULT false"),
        ],
        constraint: "PRIMARY KEY (line, position)")
}
