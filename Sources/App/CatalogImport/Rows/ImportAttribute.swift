import Formats
import Money

/// What a row says of a product under one name, such as its colour or its weight.
struct ImportAttribute: Equatable, Sendable {
    /// The type of an attribute: all products that have it have values of this type.
    enum Kind: String, CaseIterable, Sendable {
        case text, number, boolean, colour, choice
    }

    enum Value: Equatable, Sendable {
        case texts([String])
        /// Its plain decimal: two ways to write one number are one value.
        case number(String)
        case boolean(Bool)
    }

    /// Identifies the attribute.
    let code: String
    let name: String
    let value: Value
    /// Of a number.
    var unit: String?
    /// Nil: it follows from the value, if the attribute is new.
    var kind: Kind?

    /// The code of a name: `Wash Temperature` is `wash_temperature`.
    static func code(_ name: String) -> String {
        let slug = Slug.make(name, upTo: RowRules.attributeCodeLength)
        return String(slug.map { $0 == "-" ? "_" : $0 })
    }

    /// The plain decimal of a number, without zeros at its end; nil where it is none or too long. A number with an exponent is none,
    /// since `1e999999` would be a million digits.
    static func number(_ text: String) -> String? {
        MinorUnits.plain(text, digits: RowRules.attributeDigits)
    }

    /// The attributes as JSON for the statements that find their types.
    static func json(_ attributes: [ImportAttribute]) -> [UInt8] {
        var writer = JSONWriter(capacity: 128)
        writer.beginArray()
        for attribute in attributes {
            writer.beginObject()
            writer.field("code", attribute.code)
            writer.field("name", attribute.name)
            writer.field("type", attribute.kind?.rawValue)
            writer.field("unit", attribute.unit)
            writer.key("value")
            switch attribute.value {
            case .number(let digits): writer.raw(digits.utf8)
            case .boolean(let value): writer.bool(value)
            case .texts(let texts) where texts.count == 1: writer.string(texts.joined())
            case .texts(let texts):
                writer.beginArray()
                for text in texts { writer.string(text) }
                writer.endArray()
            }
            writer.endObject()
        }
        writer.endArray()
        return writer.finish()
    }
}
