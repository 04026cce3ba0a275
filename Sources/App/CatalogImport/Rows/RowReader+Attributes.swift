import Formats

// MARK: Attributes

extension RowReader {
    /// An object of values by name, an array of objects with `name` and `value`, or a text like `colour=red;weight=1.2`.
    mutating func attributes(_ value: JSONValue?) -> [ImportAttribute]? {
        let field = "attributes"
        var attributes: [ImportAttribute] = []
        switch value {
        case nil, .null: return nil
        case .object(let object):
            for member in object.members {
                let place = "\(field)/\(member.name)"
                guard case .object(let detailed) = member.value else {
                    add(named: member.name, member.value, [:], place, to: &attributes)
                    continue
                }
                add(
                    named: member.name, detailed["value"], ["unit": detailed["unit"], "type": detailed["type"]], place,
                    to: &attributes)
            }
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                let place = "\(field)/\(index)"
                guard case .object(let detailed) = element else {
                    refuse(place, "must be an object with name and value", ())
                    continue
                }
                guard let name = text(detailed["name"], place + "/name", 1...RowRules.attributeNameLength, isRequired: true)
                else {
                    continue
                }
                add(
                    named: name, detailed["value"], ["unit": detailed["unit"], "type": detailed["type"]], place, to: &attributes)
            }
        case .string(let text):
            for part in text.split(separator: ";") where !Self.trimmed(String(part)).isEmpty {
                guard let equals = part.firstIndex(of: "=") else {
                    return refuse(field, "must be written as name=value;name=value, or as JSON", nil)
                }
                let name = Self.trimmed(String(part[..<equals]))
                let values = part[part.index(after: equals)...].split(separator: "|").map { Self.trimmed(String($0)) }
                add(named: name, Self.guessed(values.filter { !$0.isEmpty }), [:], "\(field)/\(name)", to: &attributes)
            }
        default: return refuse(field, "must be an object, an array or text", nil)
        }
        guard attributes.count <= RowRules.attributes else {
            return refuse(field, "must be at most \(RowRules.attributes)", nil)
        }
        return attributes
    }

    /// The value of a text that has no types: of CSV.
    private static func guessed(_ values: [String]) -> JSONValue? {
        guard let first = values.first else { return nil }
        guard values.count == 1 else { return .array(values.map { .string($0) }) }
        if let digits = ImportAttribute.number(first), let number = try? JSONValue.parse(Array(digits.utf8)) { return number }
        switch first.lowercased() {
        case "true": return .bool(true)
        case "false": return .bool(false)
        default: return .string(first)
        }
    }

    /// Adds an attribute; one without a value is left out.
    private mutating func add(
        named name: String, _ value: JSONValue?, _ details: [String: JSONValue?], _ place: String,
        to attributes: inout [ImportAttribute]
    ) {
        guard let name = text(.string(name), place, 1...RowRules.attributeNameLength, isRequired: true),
            let value = attributeValue(value, place)
        else { return }
        var attribute = ImportAttribute(code: ImportAttribute.code(name), name: name, value: value)
        if attributes.contains(where: { $0.code.hasSameBytes(as: attribute.code) }) {
            return refuse(place, "has the code \(attribute.code), which occurs twice in the row", ())
        }
        attribute.unit = text(details["unit"] ?? nil, place + "/unit", 1...RowRules.attributeUnitLength)
        if let type = text(details["type"] ?? nil, place + "/type", 1...20)?.lowercased() {
            attribute.kind = ImportAttribute.Kind(rawValue: type == "color" ? "colour" : type)
            if attribute.kind == nil {
                let known = ImportAttribute.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                refuse(place + "/type", "must be one of \(known)", ())
            }
        }
        attributes.append(attribute)
    }

    private mutating func attributeValue(_ value: JSONValue?, _ place: String) -> ImportAttribute.Value? {
        switch value {
        case .bool(let value): return .boolean(value)
        case .number(let number):
            return ImportAttribute.number(number.lexeme).map { .number($0) }
                ?? refuse(
                    place, "must be a number of at most 12 digits, and \(RowRules.attributeDigits) behind the point", nil)
        case .array(let elements):
            guard elements.count <= RowRules.attributeValues else {
                return refuse(place, "must have at most \(RowRules.attributeValues) values", nil)
            }
            var texts: [String] = []
            for (index, element) in elements.enumerated() {
                guard let text = text(element, "\(place)/\(index)", 1...RowRules.attributeLength),
                    !texts.contains(where: { $0.hasSameBytes(as: text) })
                else { continue }
                texts.append(text)
            }
            return texts.isEmpty ? nil : .texts(texts)
        case .object: return refuse(place, "must be text, a number, true, false, or an array of texts", nil)
        default: return text(value, place, 1...RowRules.attributeLength).map { .texts([$0]) }
        }
    }
}
