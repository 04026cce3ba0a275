/// Properties of a Content-Type (RFC 9110 §8.3.1).
package enum MediaType {
    /// Whether a Content-Type is text, which compression makes smaller; most images are compressed already.
    static func isCompressible(_ type: String) -> Bool {
        let type = type.prefix { $0 != ";" }
        return type.hasPrefix("text/") || type.hasSuffix("json") || type.hasSuffix("xml")
    }

    /// Whether it is `application/json` or another type with the suffix `+json` (RFC 6839 §3.1), parameters aside.
    package static func isJSON(_ field: ArraySlice<UInt8>) -> Bool {
        let type = essence(field)
        if equals(type, "application/json") { return true }
        return type.count > 5 && type.contains(UInt8(ascii: "/")) && equals(type.suffix(5), "+json")
    }

    /// The type without parameters and the white space around it.
    static func essence(_ field: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var type = field.prefix { $0 != UInt8(ascii: ";") }.drop(while: isSpace)
        while let last = type.last, isSpace(last) { type.removeLast() }
        return type
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// Without regard to the case of ASCII letters; `text` is in lower case.
    private static func equals(_ bytes: ArraySlice<UInt8>, _ text: StaticString) -> Bool {
        text.withUTF8Buffer { text in
            bytes.count == text.count
                && zip(bytes, text).allSatisfy { $0 == $1 || $0 >= 0x41 && $0 <= 0x5a && $0 | 0x20 == $1 }
        }
    }
}
