import Money
import Formats

// Values made of several.

extension RowReader {
    /// A name, or names from the root down with slashes between.
    mutating func category(_ value: JSONValue?) -> [String]? {
        guard let path = text(value, "category", 1...1_000) else { return nil }
        let names = path.split(separator: "/").map { Self.trimmed(String($0)) }.filter { !$0.isEmpty }
        guard !names.isEmpty else { return nil }
        guard names.count <= RowRules.categoryDepth else {
            return refuse("category", "must have at most \(RowRules.categoryDepth) levels", nil)
        }
        guard names.allSatisfy({ $0.unicodeScalars.count <= RowRules.nameLength }) else {
            return refuse("category", "must have names of at most \(RowRules.nameLength) characters", nil)
        }
        return names
    }

    /// An array of texts, or one text with commas or bars between. One that is there twice counts once.
    mutating func tags(_ value: JSONValue?) -> [String]? {
        guard let elements = elements(value, "tags", separators: [",", "|"]) else { return nil }
        var tags: [String] = []
        for (index, element) in elements.enumerated() {
            guard let tag = text(element, "tags/\(index)", 1...RowRules.nameLength),
                !tags.contains(where: { $0.hasSameBytes(as: tag) })
            else { continue }
            guard tags.count < RowRules.tags else { return refuse("tags", "must be at most \(RowRules.tags)", tags) }
            tags.append(tag)
        }
        return tags
    }

    /// An array of addresses, or of objects with `url` and `alt`, or one text with bars between.
    mutating func images(_ value: JSONValue?, _ field: String, alt: String) -> [ImportImage]? {
        guard let elements = elements(value, field, separators: ["|"]) else { return nil }
        guard elements.count <= RowRules.images else { return refuse(field, "must be at most \(RowRules.images)", nil) }
        return elements.enumerated().compactMap { index, element in
            let place = elements.count == 1 && field == "image" ? field : "\(field)/\(index)"
            var address: JSONValue? = element
            var words = alt
            if case .object(let image) = element {
                address = image["url"] ?? .string("")
                words = text(image["alt"], place + "/alt", 1...1_000) ?? alt
            }
            guard let reference = text(address, place, 1...2_000) else { return nil }
            guard let url = ImportImage.address(reference, under: rules.imageBase) else {
                return refuse(place, "must be an http or https URL, or a path", nil)
            }
            return ImportImage(url: url, alt: words)
        }
    }

    /// The variants that a row lists; nil where it lists none.
    mutating func variants(
        _ value: JSONValue?, currency: CurrencyCode?, price: Int64, product: String, maximum: Int?
    ) -> [ImportVariant]? {
        guard let value, value != .null else { return nil }
        guard case .array(let elements) = value else { return refuse("variants", "must be an array", nil) }
        guard !elements.isEmpty else { return nil }
        guard elements.count <= RowRules.variants else { return refuse("variants", "must be at most \(RowRules.variants)", nil) }
        var variants: [ImportVariant] = []
        var skus: Set<ExactText> = []
        for (index, element) in elements.enumerated() {
            let place = "variants/\(index)"
            guard case .object(let fields) = element else {
                refuse(place, "must be an object", ())
                continue
            }
            let options = options(fields["options"], place + "/options")
            let sku = text(fields["sku"], place + "/sku", 1...RowRules.skuLength)
            if let sku, !skus.insert(ExactText(sku)).inserted { refuse(place + "/sku", "occurs twice in the row", ()) }
            let values = options.map(\.value).joined(separator: " / ")
            variants.append(
                ImportVariant(
                    sku: sku,
                    name: text(fields["name"], place + "/name", 1...RowRules.nameLength)
                        ?? (values.isEmpty ? elements.count == 1 ? "Default" : "Variant \(index + 1)" : values),
                    options: options,
                    price: self.price(fields["price"], place + "/price", currency) ?? price,
                    stock: stock(fields["stock"], place + "/stock") ?? stock(fields["current_stock"], place + "/current_stock"),
                    maximum: self.maximum(fields["max_quantity"], place + "/max_quantity") ?? maximum))
        }
        return variants
    }

    /// An object of texts; in the order of their names, so that their order in the file is no difference.
    private mutating func options(_ value: JSONValue?, _ field: String) -> [ImportVariant.Option] {
        guard let value, value != .null else { return [] }
        guard case .object(let object) = value else { return refuse(field, "must be an object", []) }
        guard object.count <= RowRules.options else { return refuse(field, "must be at most \(RowRules.options)", []) }
        var options: [ImportVariant.Option] = []
        for member in object.members {
            let name = Self.trimmed(member.name)
            guard (1...RowRules.optionLength).contains(name.unicodeScalars.count),
                !name.unicodeScalars.contains(where: Self.isControl), !options.contains(where: { $0.name.hasSameBytes(as: name) })
            else { return refuse(field, "must have distinct names of 1 to \(RowRules.optionLength) characters", []) }
            if let text = text(member.value, "\(field)/\(name)", 1...RowRules.optionLength) {
                options.append(ImportVariant.Option(name: name, value: text))
            }
        }
        return options.sorted { $0.name < $1.name }
    }

    /// The elements of an array, or the parts of a text.
    private mutating func elements(_ value: JSONValue?, _ field: String, separators: Set<Character>) -> [JSONValue]? {
        switch value {
        case nil, .null: nil
        case .array(let elements): elements
        case .string(let text):
            text.split(whereSeparator: separators.contains).map { .string(Self.trimmed(String($0))) }.filter { $0 != .string("") }
        case .object where field == "image": value.map { [$0] }
        default: refuse(field, "must be an array or text", nil)
        }
    }
}
