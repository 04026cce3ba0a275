import Inventory
import Money
import Formats

// Single values.

extension RowReader {
    /// Text on one line, without white space around it; a number counts as its digits, since other programs write SKUs and ids so.
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

    /// Text over any number of lines, as it stands.
    mutating func description(_ value: JSONValue?) -> String? {
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
    /// - Parameter currency: nil: the product's, which is found out later; then the price is in ten-thousandths.
    mutating func price(_ value: JSONValue?, _ field: String, _ currency: CurrencyCode?, isRequired: Bool = false) -> Int64? {
        guard let digits = digits(value, field, isRequired: isRequired) else { return nil }
        guard let amount = MinorUnits.parse(digits, exponent: currency?.minorDigits ?? RowRules.openDigits) else {
            return refuse(field, Self.tooManyDigits((currency ?? rules.currency).minorDigits), nil)
        }
        // The most that a currency without minor unit can have.
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
    mutating func stock(_ value: JSONValue?, _ field: String) -> Int? {
        pieces(value, field, 0...RowRules.maximumStock)
    }

    /// The most that an order can have of a variant.
    mutating func maximum(_ value: JSONValue?, _ field: String) -> Int? {
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

    mutating func currency(_ value: JSONValue?) -> CurrencyCode? {
        guard let code = text(value, "currency", 1...10) else { return nil }
        return CurrencyCode(code.asciiUppercased) ?? refuse("currency", "must be an ISO 4217 code like USD", rules.currency)
    }

    mutating func slug(_ value: JSONValue?) -> String? {
        guard let slug = text(value, "slug", 1...Slug.maximumLength) else { return nil }
        guard Slug.isValid(slug.utf8) else { return refuse("slug", "must be lower-case letters, digits and single hyphens", nil) }
        return slug
    }

    mutating func status(_ value: JSONValue?) -> String? {
        guard let status = text(value, "status", 1...20)?.lowercased() else { return nil }
        return ["draft", "active", "archived"].contains(status)
            ? status : refuse("status", "must be one of draft, active, archived", nil)
    }

    /// The digits of a number, or of a text that ought to be one.
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

    static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
    }
}
