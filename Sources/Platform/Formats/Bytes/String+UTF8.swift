extension String {
    /// The text that bytes are in UTF-8; nil where they are not (Unicode 16, table 3-7).
    ///
    /// Over a span this costs a third of the generic initialiser, which looks its types up at run time.
    package init?(validUTF8 bytes: Span<UInt8>) {
        guard let text = try? UTF8Span(validating: bytes) else { return nil }
        self.init(copying: text)
    }
}

// Swift takes canonically equivalent texts for equal (Unicode 16, §2.12), and changes case by Unicode's rules: then the KELVIN
// SIGN is a K, and ſ in upper case is S. PostgreSQL, Redis and other services compare bytes. So does what is below.

extension StringProtocol {
    /// Whether two texts are the same bytes.
    package func hasSameBytes(as other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }

    /// The text with the letters a to z in upper case, and everything else as it is.
    package var asciiUppercased: String {
        String(decoding: utf8.map { $0 >= 0x61 && $0 <= 0x7A ? $0 & 0xDF : $0 }, as: UTF8.self)
    }
}

/// A text that is told apart from others by its bytes, for sets and dictionaries.
package struct ExactText: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (left: ExactText, right: ExactText) -> Bool { left.text.hasSameBytes(as: right.text) }

    // Equal bytes are equal text, so that they hash alike.
    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
