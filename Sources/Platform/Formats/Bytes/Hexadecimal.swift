/// Hexadecimal digits of ASCII text (RFC 4648 §8).
package enum Hexadecimal {
    /// The value 0–15 of an ASCII hex digit of either case, or nil.
    package static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit &- UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit &- UInt8(ascii: "a") &+ 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit &- UInt8(ascii: "A") &+ 10
        default: nil
        }
    }

    /// The lower-case ASCII digit of the low four bits.
    package static func digit(_ value: UInt8) -> UInt8 {
        let low = value & 0x0F
        return low < 10 ? UInt8(ascii: "0") &+ low : UInt8(ascii: "a") &+ (low &- 10)
    }
}

extension [UInt8] {
    /// Appends one byte as two lower-case hexadecimal digits.
    package mutating func append(hexadecimal byte: UInt8) {
        append(addingCapacity: 2) { $0.append(hexadecimal: byte) }
    }

    /// The bytes as lower-case hexadecimal text.
    package var hexadecimalText: String {
        var text: [UInt8] = []
        text.reserveCapacity(count &* 2)
        for byte in self { text.append(hexadecimal: byte) }
        return String(decoding: text, as: UTF8.self)
    }
}
