/// The answer of another service.
package struct HTTPClientResponse: Sendable {
    package let status: Int
    package let body: [UInt8]
    /// Whether the body was longer, see ``HTTPClientRequest/OversizedBody``.
    package let isTruncated: Bool
    /// The lines of the header, unchanged. Most callers read one header or none.
    private let head: [UInt8]

    init(status: Int, head: [UInt8], body: [UInt8], isTruncated: Bool) {
        self.status = status
        self.head = head
        self.body = body
        self.isTruncated = isTruncated
    }

    package init(status: Int, headers: [(name: String, value: String)], body: [UInt8], isTruncated: Bool = false) {
        let head = headers.flatMap { Array("\($0.name): \($0.value)\r\n".utf8) }
        self.init(status: status, head: head, body: body, isTruncated: isTruncated)
    }

    /// In the order of the response, without those of interim responses and trailers.
    package var headers: [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        for line in lines {
            if let (name, value) = Self.field(line) {
                headers.append((String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
            } else if let last = headers.indices.last, let first = line.first, Self.isSpace(first) {
                // A folded line (RFC 9112 §5.2).
                headers[last].value += " " + String(decoding: Self.trimmed(line), as: UTF8.self)
            }
        }
        return headers
    }

    /// The value of the first header with a name, in any case.
    package func header(_ name: String) -> String? {
        for line in lines {
            guard let field = Self.field(line), field.name.elementsEqual(name.utf8, by: { Self.lower($0) == Self.lower($1) })
            else { continue }
            return String(decoding: field.value, as: UTF8.self)
        }
        return nil
    }

    private var lines: [ArraySlice<UInt8>] { head.split(separator: UInt8(ascii: "\n")) }

    private static func field(_ line: ArraySlice<UInt8>) -> (name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)? {
        guard let first = line.first, !isSpace(first), let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        return (trimmed(line[..<colon]), trimmed(line[line.index(after: colon)...]))
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        while let first = bytes.first, isSpace(first) { bytes.removeFirst() }
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        return bytes
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }
    private static func lower(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte }
}
