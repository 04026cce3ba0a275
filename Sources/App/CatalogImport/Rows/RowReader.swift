import Formats
import Inventory
import Money

/// Reads the fields of one row and collects all errors, not only the first. Null is an absent field.
///
/// After an error, reading goes on with a placeholder; ``read(_:line:rules:)`` then returns the errors and no row.
package struct RowReader {
    private let rules: RowRules
    private let line: Int
    private var errors: [RowError] = []

    /// A row, or all its errors.
    package enum Outcome: Equatable {
        case row(ImportRow)
        case errors([RowError])
    }

    /// Reads the fields of one row, which begins on `line`.
    package static func read(_ fields: JSONObject, line: Int, rules: RowRules) -> Outcome {
        var reader = RowReader(rules: rules, line: line)
        let row = reader.row(fields)
        return reader.errors.isEmpty ? .row(row) : .errors(reader.errors)
    }

    private mutating func row(_ fields: JSONObject) -> ImportRow {
        let name = text(fields["name"], "name", 1...RowRules.nameLength, isRequired: true) ?? ""
        let currency = currency(fields["currency"])
        let price = price(fields["price"], "price", currency, isRequired: true) ?? 0
        let sku = text(fields["sku"], "sku", 1...RowRules.skuLength)
        let stock = stock(fields["stock"], "stock") ?? self.stock(fields["current_stock"], "current_stock")
        let maximum = maximum(fields["max_quantity"], "max_quantity")
        let lowStock = self.stock(fields["low_stock"], "low_stock")
        let reduced = self.price(fields["compare_at_price"], "compare_at_price", currency)
        let listed = variants(
            fields["variants"], currency: currency, price: price, product: name, maximum: maximum, lowStock: lowStock,
            reduced: reduced)
        return ImportRow(
            line: line,
            externalID: text(fields["id"], "id", 1...RowRules.externalIDLength),
            sku: sku,
            slug: slug(fields["slug"]),
            slugBase: Self.slugBase(name),
            formerSlugBase: Self.formerSlugBase(name),
            name: name,
            description: description(fields["description"]),
            brand: brand(fields["brand"]),
            attributes: attributes(fields["attributes"]),
            category: category(fields["category"]),
            tags: tags(fields["tags"]),
            images: images(fields["images"] ?? fields["image"], fields["images"] == nil ? "image" : "images", alt: name),
            currency: currency,
            price: listed?.first?.price ?? price,
            status: status(fields["status"]),
            variants: adopting(sku, stock, listed)
                ?? [
                    ImportVariant(
                        sku: sku, name: "Default", options: [], price: price, stock: stock, maximum: maximum, lowStock: lowStock,
                        compareAtPrice: reduced)
                ],
            listsVariants: listed != nil)
    }

    /// Gives the row's own SKU and stock to the default variant, if that has none.
    private func adopting(_ sku: String?, _ stock: Int?, _ listed: [ImportVariant]?) -> [ImportVariant]? {
        guard var variants = listed, let first = variants.first else { return nil }
        let isTaken = variants.contains { $0.sku == sku }
        variants[0] = ImportVariant(
            sku: first.sku ?? (isTaken ? nil : sku), name: first.name, options: first.options, price: first.price,
            stock: first.stock ?? stock, maximum: first.maximum, lowStock: first.lowStock,
            compareAtPrice: first.compareAtPrice)
        return variants
    }

    /// The slug of a name, short enough for a number after it.
    static func slugBase(_ name: String) -> String { Slug.make(name, upTo: RowRules.slugBaseLength) }

    /// The same as releases before made it.
    static func formerSlugBase(_ name: String) -> String { Slug.former(name, upTo: RowRules.slugBaseLength) }

    @discardableResult
    mutating func refuse<Value>(_ field: String, _ reason: String, _ placeholder: Value) -> Value {
        errors.append(RowError(line: line, field: field, reason: reason))
        return placeholder
    }
}

// MARK: Single values

extension RowReader {
    /// Text on one line, without surrounding white space. A number counts as its digits: other programs write SKUs and ids as numbers.
    mutating func text(
        _ value: JSONValue?, _ field: String, _ length: ClosedRange<Int>, isRequired: Bool = false
    ) -> String? {
        let raw: String
        switch value {
        case nil, .null: return isRequired ? refuse(field, "is required", nil) : nil
        case .string(let text): raw = text
        case .number(let number) where !isRequired: raw = number.lexeme
        default: return refuse(field, "must be text", nil)
        }
        let trimmed = Self.trimmed(raw)
        guard !trimmed.unicodeScalars.contains(where: Self.isControl) else {
            return refuse(field, "must not contain control characters", nil)
        }
        if trimmed.isEmpty { return isRequired ? refuse(field, "must not be empty", nil) : nil }
        guard length.contains(trimmed.unicodeScalars.count) else {
            return refuse(field, "must have at most \(length.upperBound) characters", nil)
        }
        return trimmed
    }

    /// Empty text removes the brand, as it does with a description.
    private mutating func brand(_ value: JSONValue?) -> String? {
        if case .string(let text) = value, Self.trimmed(text).isEmpty { return "" }
        return text(value, "brand", 1...RowRules.brandLength)
    }

    /// Text on any number of lines, unchanged.
    private mutating func description(_ value: JSONValue?) -> String? {
        switch value {
        case nil, .null: return nil
        case .string(let text):
            guard !text.utf8.contains(0) else { return refuse("description", "must not contain U+0000", nil) }
            guard text.unicodeScalars.count <= RowRules.descriptionLength else {
                return refuse("description", "must have at most \(RowRules.descriptionLength) characters", nil)
            }
            return text
        default: return refuse("description", "must be text", nil)
        }
    }

    /// A decimal in major units, as a number or as its text.
    /// - Parameter currency: Nil if it is the product's, which is not known yet; the price is then in ten-thousandths.
    private mutating func price(
        _ value: JSONValue?, _ field: String, _ currency: CurrencyCode?, isRequired: Bool = false
    ) -> Int64? {
        guard let digits = digits(value, field, isRequired: isRequired) else { return nil }
        guard let amount = MinorUnits.parse(digits, exponent: currency?.minorDigits ?? RowRules.openDigits) else {
            return refuse(field, Self.tooManyDigits((currency ?? rules.currency).minorDigits), nil)
        }
        // The highest price in a currency without a minor unit.
        let most = currency == nil ? RowRules.maximumPrice * 10_000 : RowRules.maximumPrice
        guard (0...most).contains(amount) else {
            return refuse(field, Self.outOfRange((currency ?? rules.currency).minorDigits), nil)
        }
        return amount
    }

    static func tooManyDigits(_ most: Int) -> String { "must be a decimal number with at most \(most) digits behind the point" }

    static func outOfRange(_ digits: Int) -> String {
        "must be 0 to \(MinorUnits.format(RowRules.maximumPrice, exponent: digits))"
    }

    /// A whole number of pieces, as a number or as its text; `5.0` is 5.
    private mutating func stock(_ value: JSONValue?, _ field: String) -> Int? {
        pieces(value, field, 0...RowRules.maximumStock)
    }

    /// The largest quantity of a variant in an order.
    private mutating func maximum(_ value: JSONValue?, _ field: String) -> Int? {
        pieces(value, field, 1...LineQuantity.maximum)
    }

    private mutating func pieces(_ value: JSONValue?, _ field: String, _ range: ClosedRange<Int>) -> Int? {
        guard let digits = digits(value, field, isRequired: false) else { return nil }
        guard let parsed = MinorUnits.parse(digits, exponent: 0), let pieces = Int(exactly: parsed) else {
            return refuse(field, "must be a whole number", nil)
        }
        guard range.contains(pieces) else { return refuse(field, "must be \(range.lowerBound) to \(range.upperBound)", nil) }
        return pieces
    }

    private mutating func currency(_ value: JSONValue?) -> CurrencyCode? {
        guard let code = text(value, "currency", 1...10) else { return nil }
        return CurrencyCode(code.asciiUppercased) ?? refuse("currency", "must be an ISO 4217 code like USD", rules.currency)
    }

    private mutating func slug(_ value: JSONValue?) -> String? {
        guard let slug = text(value, "slug", 1...Slug.maximumLength) else { return nil }
        guard Slug.isValid(slug) else {
            return refuse("slug", "must be lower-case letters, digits and single hyphens, such as \(Slug.make(slug))", nil)
        }
        return slug
    }

    private mutating func status(_ value: JSONValue?) -> String? {
        guard let status = text(value, "status", 1...20)?.lowercased() else { return nil }
        return ["draft", "active", "archived"].contains(status)
            ? status : refuse("status", "must be one of draft, active, archived", nil)
    }

    /// The digits of a number, or of a text that should be one.
    private mutating func digits(_ value: JSONValue?, _ field: String, isRequired: Bool) -> String? {
        switch value {
        case nil, .null: return isRequired ? refuse(field, "is required", nil) : nil
        case .number(let number): return number.lexeme
        case .string(let text):
            let trimmed = Self.trimmed(text)
            if trimmed.isEmpty { return isRequired ? refuse(field, "must not be empty", nil) : nil }
            return trimmed
        default: return refuse(field, "must be a number", nil)
        }
    }

    static func trimmed(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[first...last])
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
    }
}

// MARK: Lists

extension RowReader {
    /// A name, or names from the root down with a separator between them.
    private mutating func category(_ value: JSONValue?) -> [String]? {
        guard let path = text(value, "category", 1...1_000) else { return nil }
        let names = rules.categoryPath.names(path)
        guard !names.isEmpty else { return nil }
        guard names.count <= RowRules.categoryDepth else {
            return refuse("category", "must have at most \(RowRules.categoryDepth) levels", nil)
        }
        guard names.allSatisfy({ $0.unicodeScalars.count <= RowRules.nameLength }) else {
            return refuse("category", "must have names of at most \(RowRules.nameLength) characters", nil)
        }
        return names
    }

    /// An array of texts, or one text separated by commas or bars. Duplicates are dropped.
    private mutating func tags(_ value: JSONValue?) -> [String]? {
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

    /// An array of addresses or of objects with `url` and `alt`, or one text separated by bars.
    private mutating func images(_ value: JSONValue?, _ field: String, alt: String) -> [ImportImage]? {
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
            guard case .object(let image) = element else { return ImportImage(url: url, alt: words) }
            return ImportImage(
                url: url, alt: words, width: length(image["width"], place + "/width"),
                height: length(image["height"], place + "/height"), sizes: sizes(image["sizes"], place + "/sizes"))
        }
    }

    /// The width or height of an image.
    private mutating func length(_ value: JSONValue?, _ field: String) -> Int? {
        pieces(value, field, 1...RowRules.imageLength)
    }

    /// The other sizes that an image has: an array of objects with `url`, `width` and `height`.
    private mutating func sizes(_ value: JSONValue?, _ field: String) -> [ImportImage.Size] {
        guard let value, value != .null else { return [] }
        guard case .array(let elements) = value else { return refuse(field, "must be an array", []) }
        guard elements.count <= RowRules.imageSizes else { return refuse(field, "must be at most \(RowRules.imageSizes)", []) }
        return elements.enumerated().compactMap { index, element in
            let place = "\(field)/\(index)"
            guard case .object(let size) = element,
                let reference = text(size["url"], place + "/url", 1...2_000, isRequired: true),
                let url = ImportImage.address(reference, under: rules.imageBase),
                let width = length(size["width"], place + "/width")
            else { return refuse(place, "must be an object with url and width", nil) }
            return ImportImage.Size(url: url, width: width, height: length(size["height"], place + "/height"))
        }
    }

    /// The variants that a row lists; nil if it lists none.
    private mutating func variants(
        _ value: JSONValue?, currency: CurrencyCode?, price: Int64, product: String, maximum: Int?, lowStock: Int?,
        reduced: Int64?
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
                    maximum: self.maximum(fields["max_quantity"], place + "/max_quantity") ?? maximum,
                    lowStock: self.stock(fields["low_stock"], place + "/low_stock") ?? lowStock,
                    compareAtPrice: self.price(fields["compare_at_price"], place + "/compare_at_price", currency) ?? reduced))
        }
        return variants
    }

    /// An object of texts, in its own order.
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
        return options
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
