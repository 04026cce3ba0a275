/// Percent-encoding of URL components (RFC 3986 §2.1), decoded exactly once.
package enum PercentEncoding {
    /// Decodes one path segment or query part.
    ///
    /// Nil for `%` without two hex digits, for NUL, CR and LF, raw or encoded, and for text that is not UTF-8 after decoding.
    /// Split on `/`, `&` and `=` before: an encoded delimiter is data.
    /// - Parameter plusIsSpace: whether `+` is a space, as in the queries of HTML forms (WHATWG URL §5.1)
    @inlinable
    package static func decode(_ text: some Collection<UInt8>, plusIsSpace: Bool = false) -> String? {
        text.withBytes { decode(bytes: $0, plusIsSpace: plusIsSpace) }
    }

    @usableFromInline
    static func decode(bytes text: Span<UInt8>, plusIsSpace: Bool) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            var byte = text[index]
            index += 1
            if byte == UInt8(ascii: "%") {
                guard index + 1 < text.count, let high = Hexadecimal.value(text[index]),
                    let low = Hexadecimal.value(text[index + 1])
                else { return nil }
                byte = high << 4 | low
                index += 2
            } else if byte == UInt8(ascii: "+"), plusIsSpace {
                byte = UInt8(ascii: " ")
            }
            guard byte != 0, byte != 0x0D, byte != 0x0A else { return nil }
            bytes.append(byte)
        }
        return String(validUTF8: bytes.span)
    }

    /// Appends text with everything but unreserved characters (RFC 3986 §2.3) encoded, which is safe in any part of a URL.
    package static func append(_ text: String, to bytes: inout [UInt8]) {
        for byte in text.utf8 {
            if isUnreserved(byte) {
                bytes.append(byte)
            } else {
                bytes.append(UInt8(ascii: "%"))
                bytes.append(upperDigit(byte >> 4))
                bytes.append(upperDigit(byte & 0x0F))
            }
        }
    }

    /// Text with everything but unreserved characters encoded.
    package static func encode(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        append(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// Producers should use upper case (RFC 3986 §2.1).
    private static func upperDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") &+ value : UInt8(ascii: "A") &+ (value &- 10)
    }
}

extension String {
    /// ASCII text that is equal only for equal bytes, for keys that are compared as text.
    package var asExactKey: String {
        if utf8.first != UInt8(ascii: "~"), utf8.allSatisfy({ $0 < 0x80 }) { return self }
        return "~" + PercentEncoding.encode(self)
    }
}
