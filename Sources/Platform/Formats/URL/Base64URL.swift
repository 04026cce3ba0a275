/// Unpadded base64url (RFC 4648 §5, without `=` as §3.2 allows), in its one canonical form.
package enum Base64URL {
    /// Encodes bytes.
    @inlinable
    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        bytes.withBytes { bytes in
            var text: [UInt8] = []
            append(bytes, to: &text)
            return String(decoding: text, as: UTF8.self)
        }
    }

    /// Appends encoded bytes.
    package static func append(_ bytes: Span<UInt8>, to text: inout [UInt8]) {
        var pending: UInt32 = 0
        var bits: UInt32 = 0
        for index in bytes.indices {
            pending = (pending << 8 | UInt32(bytes[index])) & 0xFFFF
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(digit(UInt8(truncatingIfNeeded: pending >> bits) & 0x3F))
            }
        }
        if bits > 0 { text.append(digit(UInt8(truncatingIfNeeded: pending << (6 - bits)) & 0x3F)) }
    }

    /// Decodes a text; nil for characters outside the alphabet, padding, an impossible length, or unused bits that are set. Each
    /// sequence of bytes has exactly one accepted text, so signed text has no second form.
    @inlinable
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        text.withBytes { decode(bytes: $0) }
    }

    @usableFromInline
    static func decode(bytes text: Span<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 2)
        var pending: UInt32 = 0
        var bits: UInt32 = 0
        for index in text.indices {
            guard let value = value(text[index]) else { return nil }
            pending = (pending << 6 | UInt32(value)) & 0xFFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: pending >> bits))
            }
        }
        // Six bits left over are a whole character without a byte.
        guard bits < 6, pending & ((1 << bits) - 1) == 0 else { return nil }
        return bytes
    }

    /// Decodes a text; nil where it is not canonical base64url.
    package static func decode(_ text: String) -> [UInt8]? {
        decode(text.utf8)
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        switch value {
        case 0..<26: UInt8(ascii: "A") &+ value
        case 26..<52: UInt8(ascii: "a") &+ (value &- 26)
        case 52..<62: UInt8(ascii: "0") &+ (value &- 52)
        case 62: UInt8(ascii: "-")
        default: UInt8(ascii: "_")
        }
    }

    private static func value(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character &- UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character &- UInt8(ascii: "a") &+ 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character &- UInt8(ascii: "0") &+ 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
