extension String {
    /// The text of bytes in UTF-8; nil for invalid UTF-8 (Unicode 16, table 3-7).
    ///
    /// With a span this costs a third of the generic initialiser, which looks up its types at run time.
    package init?(validUTF8 bytes: Span<UInt8>) {
        guard let text = try? UTF8Span(validating: bytes) else { return nil }
        self.init(copying: text)
    }
}

// In Swift, canonically equivalent texts are equal (Unicode 16, §2.12), and case changes by Unicode's rules: the KELVIN SIGN is a K,
// and ſ in upper case is S. PostgreSQL, Redis and other services compare bytes, as the functions below do.

extension StringProtocol {
    /// Whether two texts are the same bytes.
    package func hasSameBytes(as other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }

    /// The text with the letters a to z in upper case, and everything else as it is.
    package var asciiUppercased: String {
        String(decoding: utf8.map { $0 >= 0x61 && $0 <= 0x7A ? $0 & 0xDF : $0 }, as: UTF8.self)
    }
}

/// A text that is compared by its bytes, for sets and dictionaries.
package struct ExactText: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (left: ExactText, right: ExactText) -> Bool { left.text.hasSameBytes(as: right.text) }

    // Equal bytes are equal text, so their hashes are equal.
    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
