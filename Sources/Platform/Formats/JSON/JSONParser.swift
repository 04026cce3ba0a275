/// One pass over the bytes of a JSON text. Recursion is bounded by the depth limit.
struct JSONParser {
    private let bytes: [UInt8]
    private let maximumDepth: Int
    private var position = 0

    init(_ bytes: [UInt8], maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    mutating func document() throws(JSONError) -> JSONValue {
        let value = try value(depth: 0)
        skipWhitespace()
        guard position == bytes.count else { throw error(.trailingContent) }
        return value
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        skipWhitespace()
        switch peek {
        case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), (UInt8(ascii: "0")...UInt8(ascii: "9"))?: return .number(try number())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: throw unexpected
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
        guard depth <= maximumDepth else { throw error(.tooDeep) }
        position += 1
        var object = JSONObject()
        skipWhitespace()
        if take(UInt8(ascii: "}")) { return object }
        repeat {
            skipWhitespace()
            guard peek == UInt8(ascii: "\"") else { throw unexpected }
            let start = position
            let name = try string()
            skipWhitespace()
            guard take(UInt8(ascii: ":")) else { throw unexpected }
            guard object.append(name, try value(depth: depth)) else {
                throw JSONError(offset: start, reason: .duplicateKey)
            }
            skipWhitespace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw unexpected }
        return object
    }

    private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
        guard depth <= maximumDepth else { throw error(.tooDeep) }
        position += 1
        var elements: [JSONValue] = []
        skipWhitespace()
        if take(UInt8(ascii: "]")) { return elements }
        repeat {
            elements.append(try value(depth: depth))
            skipWhitespace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw unexpected }
        return elements
    }

    private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let length = word.utf8CodeUnitCount
        for index in 0..<length {
            guard peek == word.withUTF8Buffer({ $0[index] }) else { throw unexpected }
            position += 1
        }
        return value
    }

    /// RFC 8259 §6: an integer part without leading zero, then perhaps a fraction, then perhaps an exponent.
    private mutating func number() throws(JSONError) -> JSONNumber {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if take(UInt8(ascii: "0")) {
            if isDigit(peek) { throw error(.invalidNumber) }
        } else {
            try digits()
        }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        // Digits, signs, points and exponents are ASCII, so this cannot fail.
        let lexeme = String(validUTF8: bytes.span.extracting(start..<position))
        return JSONNumber(validLexeme: lexeme ?? "0")
    }

    private mutating func digits() throws(JSONError) {
        guard isDigit(peek) else { throw error(peek == nil ? .unexpectedEnd : .invalidNumber) }
        repeat { position += 1 } while isDigit(peek)
    }

    /// A string without escapes is copied from the text at once; only one with escapes is assembled from parts.
    private mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        var unescaped: [UInt8] = []
        var runStart = position
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                let end = position
                position += 1
                let text: String?
                if runStart == start {
                    text = String(validUTF8: bytes.span.extracting(start..<end))
                } else {
                    unescaped.append(contentsOf: bytes[runStart..<end])
                    text = String(validUTF8: unescaped.span)
                }
                guard let text else { throw JSONError(offset: start, reason: .invalidUTF8) }
                return text
            case UInt8(ascii: "\\"):
                unescaped.append(contentsOf: bytes[runStart..<position])
                try escape(into: &unescaped)
                runStart = position
            case 0..<0x20:
                throw error(.controlCharacter)
            default:
                position += 1
            }
        }
        throw error(.unexpectedEnd)
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
        let start = position
        position += 1
        guard let kind = peek else { throw error(.unexpectedEnd) }
        position += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(kind)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            let unit = try hexadecimal4(from: start)
            var code = UInt32(unit)
            if UTF16.isLeadSurrogate(unit) {
                guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
                    throw JSONError(offset: start, reason: .loneSurrogate)
                }
                let trail = try hexadecimal4(from: start)
                guard UTF16.isTrailSurrogate(trail) else { throw JSONError(offset: start, reason: .loneSurrogate) }
                code = 0x10000 + (UInt32(unit & 0x3FF) << 10 | UInt32(trail & 0x3FF))
            }
            guard let scalar = Unicode.Scalar(code) else { throw JSONError(offset: start, reason: .loneSurrogate) }
            text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        default:
            throw JSONError(offset: start, reason: .invalidEscape)
        }
    }

    private mutating func hexadecimal4(from start: Int) throws(JSONError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = peek else { throw error(.unexpectedEnd) }
            guard let digit = Hexadecimal.value(byte) else { throw JSONError(offset: start, reason: .invalidEscape) }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }

    private var peek: UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipWhitespace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private func isDigit(_ byte: UInt8?) -> Bool {
        guard let byte else { return false }
        return byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    private func error(_ reason: JSONError.Reason) -> JSONError {
        JSONError(offset: position, reason: reason)
    }

    private var unexpected: JSONError {
        error(position < bytes.count ? .unexpectedByte : .unexpectedEnd)
    }
}

/// Why bytes are not JSON, and where.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kinds of malformed text.
    package enum Reason: String, Sendable {
        case unexpectedEnd = "the text ends early"
        case unexpectedByte = "unexpected character"
        case trailingContent = "more text after the value"
        case invalidNumber = "malformed number"
        case invalidEscape = "malformed escape in a string"
        case loneSurrogate = "half of a surrogate pair in a string"
        case controlCharacter = "unescaped control character in a string"
        case invalidUTF8 = "not UTF-8"
        case duplicateKey = "a name occurs twice in an object"
        case tooDeep = "nested too deeply"
    }

    /// Bytes from the start of the text.
    package let offset: Int
    package let reason: Reason

    package init(offset: Int, reason: Reason) {
        self.offset = offset
        self.reason = reason
    }

    /// A description for clients, without any of the text.
    package var description: String { "\(reason.rawValue) at byte \(offset)" }
}
