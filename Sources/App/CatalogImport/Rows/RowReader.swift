import Formats

/// Reads one row's fields by their rules and notes everything that is wrong, not only the first thing. Null counts as absent.
///
/// Reading goes on with a stand-in after a fault; with anything noted, ``read(_:line:rules:)`` gives faults and no row.
package struct RowReader {
    let rules: RowRules
    let line: Int
    var faults: [RowError] = []

    /// A row, or all that is wrong with it.
    package enum Outcome: Equatable {
        case row(ImportRow)
        case faults([RowError])
    }

    /// Reads the fields of one row, which began on `line`.
    package static func read(_ fields: JSONObject, line: Int, rules: RowRules) -> Outcome {
        var reader = RowReader(rules: rules, line: line)
        let row = reader.row(fields)
        return reader.faults.isEmpty ? .row(row) : .faults(reader.faults)
    }

    private mutating func row(_ fields: JSONObject) -> ImportRow {
        let name = text(fields["name"], "name", 1...RowRules.nameLength, isRequired: true) ?? ""
        let currency = currency(fields["currency"])
        let price = price(fields["price"], "price", currency, isRequired: true) ?? 0
        let sku = text(fields["sku"], "sku", 1...RowRules.skuLength)
        let stock = stock(fields["stock"], "stock") ?? self.stock(fields["current_stock"], "current_stock")
        let maximum = maximum(fields["max_quantity"], "max_quantity")
        let listed = variants(fields["variants"], currency: currency, price: price, product: name, maximum: maximum)
        return ImportRow(
            line: line,
            externalID: text(fields["id"], "id", 1...RowRules.externalIDLength),
            sku: sku,
            slug: slug(fields["slug"]),
            slugBase: Self.slugBase(name),
            name: name,
            description: description(fields["description"]),
            category: category(fields["category"]),
            tags: tags(fields["tags"]),
            images: images(fields["images"] ?? fields["image"], fields["images"] == nil ? "image" : "images", alt: name),
            currency: currency,
            price: listed?.first?.price ?? price,
            status: status(fields["status"]),
            variants: adopting(sku, stock, listed)
                ?? [ImportVariant(sku: sku, name: "Default", options: [], price: price, stock: stock, maximum: maximum)],
            listsVariants: listed != nil)
    }

    /// The row's own SKU and stock are its default variant's, where that has none.
    private func adopting(_ sku: String?, _ stock: Int?, _ listed: [ImportVariant]?) -> [ImportVariant]? {
        guard var variants = listed, let first = variants.first else { return nil }
        let isTaken = variants.contains { $0.sku == sku }
        variants[0] = ImportVariant(
            sku: first.sku ?? (isTaken ? nil : sku), name: first.name, options: first.options, price: first.price,
            stock: first.stock ?? stock, maximum: first.maximum)
        return variants
    }

    /// The slug of a name, short enough for a number behind it.
    static func slugBase(_ name: String) -> String {
        var base = Slug.make(name).prefix(RowRules.slugBaseLength)
        while base.hasSuffix("-") { base.removeLast() }
        return String(base)
    }

    @discardableResult
    mutating func refuse<Value>(_ field: String, _ reason: String, _ placeholder: Value) -> Value {
        faults.append(RowError(line: line, field: field, reason: reason))
        return placeholder
    }
}
