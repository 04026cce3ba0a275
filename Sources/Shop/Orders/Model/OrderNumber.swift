/// The public number of an order, such as `K7Q4M-2X9HB`: ten random letters and digits that are easy to tell apart
/// (Crockford's base 32: no I, L, O, U). 50 bits, so that numbers cannot be enumerated.
package enum OrderNumber {
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    package static func make(random: UInt64) -> String {
        var bits = random
        var text: [UInt8] = []
        text.reserveCapacity(11)
        for place in 0..<10 {
            if place == 5 { text.append(UInt8(ascii: "-")) }
            text.append(alphabet[Int(bits & 31)])
            bits >>= 5
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The number in its standard form, from a form that a person has heard or typed; nil for another text.
    ///
    /// Upper and lower case are the same, hyphens and spaces are ignored, O is 0, I and L are 1 (Crockford's base 32, "Decode
    /// symbol").
    package static func parse(_ text: String) -> String? {
        guard text.utf8.count <= longest else { return nil }
        var symbols: [UInt8] = []
        for byte in text.utf8 where byte != UInt8(ascii: "-") && byte != UInt8(ascii: " ") {
            let symbol: UInt8
            switch byte {
            case UInt8(ascii: "O"), UInt8(ascii: "o"): symbol = UInt8(ascii: "0")
            case UInt8(ascii: "I"), UInt8(ascii: "i"), UInt8(ascii: "L"), UInt8(ascii: "l"): symbol = UInt8(ascii: "1")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): symbol = byte - 0x20
            default: symbol = byte
            }
            guard alphabet.contains(symbol), symbols.count < 10 else { return nil }
            symbols.append(symbol)
        }
        guard symbols.count == 10 else { return nil }
        symbols.insert(UInt8(ascii: "-"), at: 5)
        return String(decoding: symbols, as: UTF8.self)
    }

    /// The length of a number with a hyphen or space around every symbol.
    private static let longest = 32
}
