/// The line before a chunk: its size, and its extensions, which the server ignores (RFC 9112 §7.1).
struct ChunkHeader {
    let size: Int
    /// The length of the extensions, with their first semicolon.
    let extensionBytes: Int

    /// - Parameter line: without its CRLF, and without any other control character but HTAB.
    init(_ line: Span<UInt8>) throws(RequestError) {
        var index = 0
        var size = 0
        while index < line.count, let digit = line[index].hexadecimal {
            // 15 digits fit in 63 bits. The grammar has no limit, but a longer number overflows or plays with zeros.
            guard index < 15 else { throw .malformed("A chunk size is too great a number.") }
            size = size << 4 | Int(digit)
            index += 1
        }
        let end = index
        guard end > 0, end == line.count || line[end] == UInt8(ascii: ";") || Self.skipBlank(line, from: end) > end else {
            throw .malformed("A chunk size is not a hexadecimal number.")
        }
        self.size = size
        extensionBytes = line.count - index
        while index < line.count {
            index = try Self.skipExtension(line, from: index)
        }
    }

    /// `BWS ";" BWS name [ BWS "=" BWS value ]` (RFC 9112 §7.1.1); where it ends.
    ///
    /// Bad whitespace is accepted wherever the grammar has it, before the first semicolon too, as RFC 9110 §5.6.3 demands. The size
    /// has ended by then, so no recipient reads another one. Blanks without an extension behind them are refused.
    private static func skipExtension(_ line: Span<UInt8>, from start: Int) throws(RequestError) -> Int {
        var index = skipBlank(line, from: start)
        guard index < line.count, line[index] == UInt8(ascii: ";") else { throw malformed }
        index = try skipToken(line, from: skipBlank(line, from: index + 1))
        let equals = skipBlank(line, from: index)
        guard equals < line.count, line[equals] == UInt8(ascii: "=") else { return index }
        let value = skipBlank(line, from: equals + 1)
        guard value < line.count, line[value] == UInt8(ascii: "\"") else { return try skipToken(line, from: value) }
        return try skipQuoted(line, from: value + 1)
    }

    private static func skipBlank(_ line: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index < line.count, line[index] == .space || line[index] == .horizontalTab { index += 1 }
        return index
    }

    private static func skipToken(_ line: Span<UInt8>, from start: Int) throws(RequestError) -> Int {
        var index = start
        while index < line.count, line[index].isToken { index += 1 }
        guard index > start else { throw malformed }
        return index
    }

    /// The rest of a quoted string (RFC 9110 §5.6.4), after its first quote.
    private static func skipQuoted(_ line: Span<UInt8>, from start: Int) throws(RequestError) -> Int {
        var index = start
        while index < line.count {
            switch line[index] {
            case UInt8(ascii: "\""): return index + 1
            case UInt8(ascii: "\\"): index += 2
            default: index += 1
            }
        }
        throw malformed
    }

    private static var malformed: RequestError { .malformed("A chunk extension is malformed.") }
}
