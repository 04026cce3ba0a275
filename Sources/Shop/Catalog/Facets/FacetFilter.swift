import Formats
import Money
import Web

/// What a list wants of brands, tags, options and attributes: one of several values for each name, and numbers in ranges.
package struct FacetFilter: Hashable, Sendable {
    /// A name with the values of which a product needs one.
    struct Choice: Hashable, Sendable {
        /// As in the query: `brand`, `tag`, `option.size`, `attr.colour`.
        let name: String
        /// In one order, each once.
        let values: [String]

        /// The code of the attribute that it is about; nil for brands, tags and options.
        var attribute: String? { name.hasPrefix("attr.") ? String(name.dropFirst(5)) : nil }

        /// The facets of which a product needs one, as the function `product_facets` writes them.
        var words: [String] {
            let key = FacetFilter.key(name)
            return values.map { key + ":" + $0 }
        }
    }

    /// A range of numbers of an attribute, inclusive.
    struct Range: Hashable, Sendable {
        let code: String
        /// Plain decimals.
        var minimum: String?
        var maximum: String?
    }

    /// In the order of their names.
    private(set) var choices: [Choice] = []
    private(set) var ranges: [Range] = []

    /// How many values a query can have, in all.
    static let maximumValues = 100
    /// How many names.
    static let maximumNames = 20
    static let maximumLength = 200

    var isEmpty: Bool { choices.isEmpty && ranges.isEmpty }

    /// What stands before the colon in the facets of a name. Names of options count in any case of their ASCII letters, and a colon
    /// would end them.
    static func key(_ name: String) -> String {
        guard name.hasPrefix("option.") else { return name }
        return String(
            decoding: name.utf8.map { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
                case UInt8(ascii: ":"): UInt8(ascii: "_")
                default: byte
                }
            }, as: UTF8.self)
    }

    /// The keys of its names, ranges of numbers included.
    var keys: Set<ExactText> {
        Set(choices.map { ExactText(Self.key($0.name)) } + ranges.map { ExactText("attr." + $0.code) })
    }

    /// The filter without the names that have a key.
    func without(_ key: String) -> FacetFilter {
        var filter = self
        filter.choices.removeAll { Self.key($0.name).hasSameBytes(as: key) }
        filter.ranges.removeAll { ("attr." + $0.code).hasSameBytes(as: key) }
        return filter
    }

    /// The filter with its ranges of numbers only.
    var withoutChoices: FacetFilter {
        var filter = self
        filter.choices = []
        return filter
    }

    init() {}

    /// - Parameter refuse: receives each parameter with an invalid value
    init(_ query: QueryParameters, refuse: (_ name: String, _ detail: String) -> Void) {
        var wanted: [String: [String]] = [:]
        for parameter in query.parameters {
            let name = parameter.name
            if let (code, isMinimum) = Self.bound(name) {
                guard let number = MinorUnits.plain(parameter.value, digits: Self.digits) else {
                    refuse(name, "must be a decimal number such as 1.5, with at most \(Self.digits) digits behind the point")
                    continue
                }
                let place = ranges.firstIndex { $0.code.hasSameBytes(as: code) } ?? ranges.endIndex
                if place == ranges.endIndex { ranges.append(Range(code: code)) }
                if isMinimum { ranges[place].minimum = number } else { ranges[place].maximum = number }
            } else if Self.isChoice(name) {
                guard name.unicodeScalars.count <= Self.maximumLength, !Self.hasControl(name) else {
                    refuse(String(name.prefix(40)), "is no name of an option or attribute")
                    continue
                }
                let values = Self.values(parameter.value)
                guard !values.isEmpty else {
                    refuse(name, "must have a value")
                    continue
                }
                guard values.allSatisfy({ $0.unicodeScalars.count <= Self.maximumLength && !Self.hasControl($0) }) else {
                    refuse(name, "must have values of at most \(Self.maximumLength) characters, without control characters")
                    continue
                }
                for value in values {
                    wanted[name, default: []].append(value)
                    // 1.20 is 1.2, as numbers are kept.
                    if name.hasPrefix("attr."), let number = MinorUnits.plain(value, digits: Self.digits), number != value {
                        wanted[name, default: []].append(number)
                    }
                }
            }
        }
        if wanted.count + ranges.count > Self.maximumNames || wanted.values.reduce(0, { $0 + $1.count }) > Self.maximumValues {
            refuse("attr", "has more than \(Self.maximumNames) names or \(Self.maximumValues) values with brand, tag and option")
        }
        choices = wanted.map { name, values in
            Choice(name: name, values: Set(values.map(ExactText.init)).map(\.text).sorted(by: Self.before))
        }
        .sorted { Self.before($0.name, $1.name) }
        ranges.sort { Self.before($0.code, $1.code) }
    }

    /// The decimal places of a number; the same as in imports.
    private static let digits = 6

    private static func before(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }

    static func isChoice(_ name: String) -> Bool {
        if name == "brand" || name == "tag" { return true }
        return ["option.", "attr."].contains { name.hasPrefix($0) && name.utf8.count > $0.utf8.count }
    }

    /// The attribute and the bound of `attr.weight.min`.
    private static func bound(_ name: String) -> (code: String, isMinimum: Bool)? {
        guard name.hasPrefix("attr."), name.utf8.count <= maximumLength, !hasControl(name) else { return nil }
        let isMinimum = name.hasSuffix(".min")
        guard isMinimum || name.hasSuffix(".max") else { return nil }
        let code = name.dropFirst(5).dropLast(4)
        return code.isEmpty ? nil : (String(code), isMinimum)
    }

    /// The values of a parameter: commas separate them, and a backslash before a comma makes it a part of the value.
    static func values(_ text: String) -> [String] {
        var values: [String] = [""]
        var isEscaped = false
        for character in text.unicodeScalars {
            if isEscaped {
                if character != "," && character != "\\" { values[values.count - 1].unicodeScalars.append("\\") }
                values[values.count - 1].unicodeScalars.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "," {
                values.append("")
            } else {
                values[values.count - 1].unicodeScalars.append(character)
            }
        }
        if isEscaped { values[values.count - 1].unicodeScalars.append("\\") }
        return values.map { trimmed($0) }.filter { !$0.isEmpty }
    }

    private static func trimmed(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[first...last])
    }

    static func hasControl(_ text: String) -> Bool {
        text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
    }

    /// The same text for the same filter, as a part of ``ProductFilter/conditions``.
    var canonical: String {
        var text = ""
        for choice in choices {
            text += "&f\(choice.name.utf8.count)=\(choice.name.asExactKey)"
            for value in choice.values { text += "|\(value.utf8.count)=\(value.asExactKey)" }
        }
        for range in ranges {
            text += "&n\(range.code.utf8.count)=\(range.code.asExactKey)|\(range.minimum ?? "")|\(range.maximum ?? "")"
        }
        return text
    }

    /// The filter as a part of a query, for links.
    var query: String {
        var text = ""
        for choice in choices {
            let values = choice.values.map { value in
                value.unicodeScalars.reduce(into: "") { escaped, character in
                    if character == "," || character == "\\" { escaped.unicodeScalars.append("\\") }
                    escaped.unicodeScalars.append(character)
                }
            }
            text += "&\(PercentEncoding.encode(choice.name))=\(PercentEncoding.encode(values.joined(separator: ",")))"
        }
        for range in ranges {
            let name = "attr." + PercentEncoding.encode(range.code)
            if let minimum = range.minimum { text += "&\(name).min=\(minimum)" }
            if let maximum = range.maximum { text += "&\(name).max=\(maximum)" }
        }
        return text
    }
}
