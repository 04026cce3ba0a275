/// The Link field of a page that has a next one (RFC 8288).
package enum NextLink {
    /// `</v1/products?category=shoes&cursor=…>; rel="next"`: the request's own target with the next cursor; relative,
    /// so that it holds behind any proxy.
    /// - Parameters:
    ///   - path: as sent, still percent-encoded.
    ///   - query: as sent, still percent-encoded.
    ///   - cursor: base64url, so there is nothing in it to encode.
    package static func value(
        path: some Collection<UInt8>, query: (some Collection<UInt8>)?, cursor: String
    ) -> [UInt8] {
        var link: [UInt8] = [UInt8(ascii: "<")]
        // Two slashes in front would be a reference to another host (RFC 3986 §4.2).
        append(path.drop { $0 == UInt8(ascii: "/") }, after: "/", to: &link)
        link.append(UInt8(ascii: "?"))
        for part in query?.split(separator: UInt8(ascii: "&")) ?? [] where !isCursor(part) {
            append(part, after: "", to: &link)
            link.append(UInt8(ascii: "&"))
        }
        link.append(contentsOf: "cursor=\(cursor)>; rel=\"next\"".utf8)
        return link
    }

    private static func isCursor(_ part: some Collection<UInt8>) -> Bool {
        part.starts(with: "cursor=".utf8) || part.elementsEqual("cursor".utf8)
    }

    /// What a URI cannot hold is encoded, so that nothing ends the reference early (RFC 3986 §2).
    private static func append(_ text: some Sequence<UInt8>, after prefix: StaticString, to link: inout [UInt8]) {
        prefix.withUTF8Buffer { link.append(contentsOf: $0) }
        for byte in text {
            if byte > 0x20, byte < 0x7f, !"<>\"\\^`{|}".utf8.contains(byte) {
                link.append(byte)
            } else {
                link.append(UInt8(ascii: "%"))
                for digit in [byte >> 4, byte & 0xf] { link.append(digit < 10 ? 0x30 + digit : 0x37 + digit) }
            }
        }
    }
}
