// RFC 8259 §7: only `"`, `\` and the control characters below U+0020 must be escaped.

extension [UInt8] {
    /// Appends text as the inside of a JSON string, without the quotes.
    package mutating func appendEscaped(_ text: String) {
        let plain: Void? = text.utf8.withContiguousStorageIfAvailable { appendEscaped(validUTF8: $0) }
        // Only a bridged string has no contiguous bytes.
        if plain == nil { Array(text.utf8).withUnsafeBufferPointer { appendEscaped(validUTF8: $0) } }
    }

    /// Appends bytes as the inside of a JSON string, without the quotes; invalid UTF-8 becomes U+FFFD.
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
    // Both read eight bytes at a time and never return early. The last read may overlap the one before it.

    fileprivate var needsEscape: Bool {
        meets { word in
            let ones: UInt64 = 0x0101_0101_0101_0101, tops = ones << 7
            let quote = word ^ (ones &* 0x22), backslash = word ^ (ones &* 0x5c)
            // The top bit of a byte is set where the byte is below 0x20 or equal to the compared one. A borrow from such a byte may
            // set others too, which is harmless, as only the question whether any is set matters.
            return ((word &- ones &* 0x20) & ~word | (quote &- ones) & ~quote | (backslash &- ones) & ~backslash) & tops
        } single: {
            $0.needsEscape
        }
    }

    fileprivate var allSatisfyASCII: Bool {
        !meets {
            $0 & 0x8080_8080_8080_8080
        } single: {
            $0 >= 0x80
        }
    }

    /// Whether any word matches, or any byte where there are fewer than eight.
    private func meets(_ word: (UInt64) -> UInt64, single: (UInt8) -> Bool) -> Bool {
        let raw = UnsafeRawBufferPointer(self)
        guard count >= 8 else {
            var found = false
            for byte in self where single(byte) { found = true }
            return found
        }
        var found: UInt64 = 0
        var index = 0
        while index <= count - 8 {
            found |= word(raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            index += 8
        }
        return found | word(raw.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)) != 0
    }
}
