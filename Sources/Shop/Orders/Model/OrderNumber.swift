/// The public number of an order: ten random letters and digits that cannot be mistaken for one another
/// (Crockford's base 32: no I, L, O, U), as `K7Q4M-2X9HB`. 50 bits, so that numbers cannot be enumerated.
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

    /// The number as it was given out, however it was heard or typed; nil for what cannot be one.
    ///
    /// Case does not matter, hyphens and spaces may be anywhere or nowhere, O is 0, I and L are 1 (Crockford's base 32,
    /// "Decode symbol").
    static func parse(_ text: String) -> String? {
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

    /// The longest text that may be a number: one with a hyphen or space around every symbol.
    private static let longest = 32
}
