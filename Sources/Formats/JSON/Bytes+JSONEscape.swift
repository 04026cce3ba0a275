// RFC 8259 §7: only `"`, `\` and the control characters below U+0020 must be escaped.

extension [UInt8] {
    /// Appends text as the inside of a JSON string, without the quotes.
    package mutating func appendEscaped(_ text: String) {
        let plain: Void? = text.utf8.withContiguousStorageIfAvailable { appendEscaped(validUTF8: $0) }
        // Only a string bridged from elsewhere has no contiguous bytes.
        if plain == nil { Array(text.utf8).withUnsafeBufferPointer { appendEscaped(validUTF8: $0) } }
    }

    /// Appends bytes as the inside of a JSON string, without the quotes; what is not UTF-8 becomes U+FFFD.
    @inlinable
    package mutating func appendEscaped(utf8 text: some Collection<UInt8>) {
        text.withBytes { appendEscaped(bytes: $0) }
    }

    @usableFromInline
    mutating func appendEscaped(bytes text: Span<UInt8>) {
        text.withUnsafeBufferPointer { buffer in
            if buffer.allSatisfyASCII {
                appendEscaped(validUTF8: buffer)
            } else {
                appendEscaped(String(decoding: buffer, as: UTF8.self))
            }
        }
    }

    private mutating func appendEscaped(validUTF8 text: UnsafeBufferPointer<UInt8>) {
        guard text.needsEscape else { return append(contentsOf: text) }
        var runStart = 0
        for (index, byte) in text.enumerated() where byte.needsEscape {
            append(contentsOf: text[runStart..<index])
            runStart = index + 1
            append(UInt8(ascii: "\\"))
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): append(byte)
            case 0x08: append(UInt8(ascii: "b"))
            case 0x09: append(UInt8(ascii: "t"))
            case 0x0A: append(UInt8(ascii: "n"))
            case 0x0C: append(UInt8(ascii: "f"))
            case 0x0D: append(UInt8(ascii: "r"))
            default:
                append("u00")
                append(hexadecimal: byte)
            }
        }
        append(contentsOf: text[runStart..<text.count])
    }
}

extension UInt8 {
    fileprivate var needsEscape: Bool {
        self < 0x20 || self == UInt8(ascii: "\"") || self == UInt8(ascii: "\\")
    }
}

extension UnsafeBufferPointer<UInt8> {
    // Both look at every byte and never leave early: such a loop becomes a few vector instructions.

    fileprivate var needsEscape: Bool {
        var found: UInt8 = 0
        for byte in self { found |= byte.needsEscape ? 1 : 0 }
        return found != 0
    }

    fileprivate var allSatisfyASCII: Bool {
        var union: UInt8 = 0
        for byte in self { union |= byte }
        return union < 0x80
    }
}
