import Formats

/// An element of the plain XML that older services answer with: elements and text. Attributes, comments and processing instructions
/// are skipped; there are no entities but those of XML itself, and no document types.
package struct XMLElement: Sendable, Equatable {
    /// Without a prefix.
    package let name: String
    /// The text directly in it, without blanks at either end.
    package private(set) var text = ""
    package private(set) var children: [XMLElement] = []

    /// The first child with a name.
    package subscript(name: String) -> XMLElement? { children.first { $0.name == name } }

    private static let maximumDepth = 32

    /// The root element of a document; nil for what is not such a document.
    package static func parse(_ bytes: [UInt8]) -> XMLElement? {
        var stack: [XMLElement] = []
        var rest = bytes[...]
        // A byte-order mark.
        if rest.starts(with: [0xef, 0xbb, 0xbf]) { rest = rest.dropFirst(3) }
        var text: [UInt8] = []
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "<") else {
                if !stack.isEmpty { text.append(byte) } else if byte > 0x20 { return nil }
                continue
            }
            if let last = stack.indices.last {
                guard let more = decode(text) else { return nil }
                stack[last].text += more
            }
            text.removeAll(keepingCapacity: true)
            if rest.starts(with: "!--".utf8) {
                guard let end = rest.firstRange(of: "-->".utf8) else { return nil }
                rest = rest[end.upperBound...]
                continue
            }
            if rest.starts(with: "![CDATA[".utf8) {
                guard let end = rest.firstRange(of: "]]>".utf8), let last = stack.indices.last else { return nil }
                stack[last].text += String(decoding: rest[..<end.lowerBound].dropFirst(8), as: UTF8.self)
                rest = rest[end.upperBound...]
                continue
            }
            guard let end = tagEnd(rest) else { return nil }
            var tag = rest[..<end]
            rest = rest[rest.index(after: end)...]
            if tag.first == UInt8(ascii: "?") { continue }
            // A document type could define entities.
            if tag.first == UInt8(ascii: "!") { return nil }
            if tag.first == UInt8(ascii: "/") {
                guard var element = stack.popLast(), name(tag.dropFirst()) == element.name else { return nil }
                element.text = trimmed(element.text)
                guard let last = stack.indices.last else { return element }
                stack[last].children.append(element)
                continue
            }
            let isEmpty = tag.last == UInt8(ascii: "/")
            if isEmpty { tag.removeLast() }
            guard let name = name(tag), stack.count < maximumDepth else { return nil }
            let element = XMLElement(name: name)
            if !isEmpty {
                stack.append(element)
            } else if let last = stack.indices.last {
                stack[last].children.append(element)
            } else {
                return element
            }
        }
        return nil
    }

    private init(name: String) { self.name = name }

    /// The `>` that ends a tag. One in a quoted value does not; instructions have quotes of their own.
    private static func tagEnd(_ rest: ArraySlice<UInt8>) -> Int? {
        if rest.first == UInt8(ascii: "?") { return rest.firstRange(of: "?>".utf8).map { $0.upperBound - 1 } }
        var quote: UInt8?
        for index in rest.indices {
            let byte = rest[index]
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else if byte == UInt8(ascii: ">") {
                return index
            }
        }
        return nil
    }

    private static func name(_ tag: ArraySlice<UInt8>) -> String? {
        let whole = tag.prefix { $0 > 0x20 }
        let local = whole.lastIndex(of: UInt8(ascii: ":")).map { whole[whole.index(after: $0)...] } ?? whole
        return local.isEmpty ? nil : String(decoding: local, as: UTF8.self)
    }

    private static func trimmed(_ text: String) -> String {
        let blanks: (Character) -> Bool = { $0 == " " || $0 == "\n" || $0 == "\r" || $0 == "\t" || $0 == "\r\n" }
        var text = text[...]
        while let first = text.first, blanks(first) { text.removeFirst() }
        while let last = text.last, blanks(last) { text.removeLast() }
        return String(text)
    }

    /// Text with its references replaced (XML 1.0 §4.1, §4.6); nil for one that is unknown.
    private static func decode(_ text: [UInt8]) -> String? {
        guard text.contains(UInt8(ascii: "&")) else { return String(decoding: text, as: UTF8.self) }
        var decoded = ""
        var rest = text[...]
        while let mark = rest.firstIndex(of: UInt8(ascii: "&")) {
            decoded += String(decoding: rest[..<mark], as: UTF8.self)
            rest = rest[rest.index(after: mark)...]
            guard let end = rest.prefix(12).firstIndex(of: UInt8(ascii: ";")) else { return nil }
            guard let character = character(String(decoding: rest[..<end], as: UTF8.self)) else { return nil }
            decoded.unicodeScalars.append(character)
            rest = rest[rest.index(after: end)...]
        }
        return decoded + String(decoding: rest, as: UTF8.self)
    }

    private static func character(_ reference: String) -> Unicode.Scalar? {
        switch reference {
        case "lt": "<"
        case "gt": ">"
        case "amp": "&"
        case "quot": "\""
        case "apos": "'"
        default:
            if reference.hasPrefix("#x") {
                scalar(reference.dropFirst(2), radix: 16)
            } else if reference.hasPrefix("#") {
                scalar(reference.dropFirst(), radix: 10)
            } else {
                nil
            }
        }
    }

    /// Digits only: the initializer alone would read a sign, too.
    private static func scalar(_ digits: Substring, radix: Int) -> Unicode.Scalar? {
        guard let first = digits.first, first.isHexDigit else { return nil }
        return UInt32(digits, radix: radix).flatMap { Unicode.Scalar($0) }
    }
}
