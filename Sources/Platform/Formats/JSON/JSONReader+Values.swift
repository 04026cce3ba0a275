import FoundationEssentials
@_spi(_Unicode) import Swift

extension JSONReader {
    /// Text of any number of lines, unchanged. Lengths count Unicode scalars, as PostgreSQL's char_length does.
    ///
    /// U+0000 is refused: PostgreSQL cannot hold it.
    package func text(length: ClosedRange<Int>) -> String {
        guard let text = string() else { return "" }
        guard length.contains(text.scalarCount) else { return refused(Self.lengthRule(length), "") }
        return text
    }

    /// Text of one line, without control characters. White space around it is removed and does not count.
    package func line(length: ClosedRange<Int>) -> String {
        guard let text = string() else { return "" }
        let trimmed = text.trimmed
        guard !trimmed.hasControls else { return refused("must not contain control characters", "") }
        guard length.contains(trimmed.scalarCount) else { return refused(Self.lengthRule(length), "") }
        return trimmed
    }

    /// ``line(length:)`` for a person's name or address, which is printed and read aloud: in NFC (UAX #15), and without
    /// invisible characters that change how the rest looks, such as marks of direction. The joiners U+200C and U+200D are
    /// allowed: Persian and Indic names need them.
    package func visibleLine(length: ClosedRange<Int>) -> String {
        guard let text = string() else { return "" }
        let line = text.trimmed.composed
        guard !line.hasControls else { return refused("must not contain control characters", "") }
        guard !line.hasFormatting else { return refused("must not contain invisible formatting characters", "") }
        guard length.contains(line.scalarCount), line.isVisible || length.lowerBound == 0 else {
            return refused(Self.lengthRule(length), "")
        }
        return line.isVisible ? line : ""
    }

    /// A whole number within bounds, written without fraction or exponent: neither `1.0` nor `1e3` nor `"1"`.
    package func integer<Integer: FixedWidthInteger>(in range: ClosedRange<Integer>) -> Integer {
        guard let value = required() else { return range.lowerBound }
        guard case .number(let number) = value else { return refused("must be a whole number", range.lowerBound) }
        if let integer = number.int64.flatMap(Integer.init(exactly:)), range.contains(integer) { return integer }
        // A whole number too long for 64 bits is out of range, not of the wrong kind.
        let digits = number.lexeme.utf8.allSatisfy { $0 != UInt8(ascii: ".") && $0 | 0x20 != UInt8(ascii: "e") }
        return refused(digits ? "must be \(Self.describe(range))" : "must be a whole number", range.lowerBound)
    }

    package func boolean() -> Bool {
        guard let value = required() else { return false }
        guard case .bool(let flag) = value else { return refused("must be true or false", false) }
        return flag
    }

    /// An identifier in its 36-character form.
    package func uuid() -> UUID {
        parsed("must be a UUID", placeholder: UUID(high: 0, low: 0)) { UUID(utf8: $0.utf8) }
    }

    /// A moment in RFC 3339.
    package func timestamp() -> Timestamp {
        parsed("must be a time like 2026-11-21T03:26:48Z", placeholder: Timestamp(microseconds: 0)) { Timestamp(rfc3339: $0) }
    }

    /// One of the names of an enumeration. The placeholder is any of them.
    package func choice<Choice: RawRepresentable<String> & CaseIterable>(placeholder: Choice) -> Choice {
        let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        return parsed("must be one of: \(names)", placeholder: placeholder) { Choice(rawValue: $0) }
    }

    /// A string of at most 1,000 bytes that `parse` turns into a value. Where it returns nil, the error is `detail`.
    /// - Parameter placeholder: the value after an error, which `decode` discards
    package func parsed<Value>(_ detail: String, placeholder: Value, _ parse: (String) -> Value?) -> Value {
        guard let text = string() else { return placeholder }
        guard text.utf8.count <= 1_000, let value = parse(text) else { return refused(detail, placeholder) }
        return value
    }

    private func string() -> String? {
        guard let value = required() else { return nil }
        guard case .string(let text) = value else { return refused("must be a string", nil) }
        guard !text.utf8.contains(0) else { return refused("must not contain U+0000", nil) }
        return text
    }

    private static func lengthRule(_ length: ClosedRange<Int>) -> String {
        length.lowerBound == 1 && length.upperBound == .max ? "must not be empty" : "must have \(describe(length)) characters"
    }
}

extension String {
    /// Control characters (general category Cc) or the line breaks outside it, U+2028 and U+2029.
    var hasControls: Bool {
        var isPlain = true
        for byte in utf8 { isPlain = isPlain && byte >= 0x20 && byte < 0x7F }
        return !isPlain
            && unicodeScalars.contains { scalar in
                scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
            }
    }

    /// Format characters (general category Cf) other than the two joiners.
    fileprivate var hasFormatting: Bool {
        !isASCII
            && unicodeScalars.contains { scalar in
                scalar.properties.generalCategory == .format && scalar.value != 0x200C && scalar.value != 0x200D
            }
    }

    /// Whether the text has visible characters.
    fileprivate var isVisible: Bool {
        utf8.contains { (0x21...0x7E).contains($0) }
            || unicodeScalars.contains { !$0.properties.isWhitespace && !$0.properties.isDefaultIgnorableCodePoint }
    }

    private var isASCII: Bool { utf8.allSatisfy { $0 < 0x80 } }

    /// The text in Normalization Form C (UAX #15): text that looks the same is the same.
    package var composed: String {
        guard !isASCII else { return self }
        var scalars = UnicodeScalarView()
        scalars.append(contentsOf: _nfc)
        return String(scalars)
    }

    /// The text without white space at its ends.
    package var trimmed: String {
        // Most text begins and ends with a visible ASCII character.
        if let first = utf8.first, let last = utf8.last, (0x21...0x7E).contains(first), (0x21...0x7E).contains(last) {
            return self
        }
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[first...last])
    }

    /// The number of Unicode scalars: all bytes except continuation bytes.
    var scalarCount: Int {
        utf8.count { $0 & 0xC0 != 0x80 }
    }
}
