/// The public number of an order: ten random letters and digits that cannot be mistaken for one another
/// (Crockford's base 32: no I, L, O, U), as `K7Q4M-2X9HB`. 50 bits, so that numbers cannot be enumerated.
enum OrderNumber {
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    static func make(random: UInt64) -> String {
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

    /// The number as it was given out, whatever the case it was typed in; nil for what cannot be one.
    static func parse(_ text: String) -> String? {
        let upper = text.uppercased()
        guard upper.utf8.count == 11 else { return nil }
        for (place, byte) in upper.utf8.enumerated() {
            guard place == 5 ? byte == UInt8(ascii: "-") : alphabet.contains(byte) else { return nil }
        }
        return upper
    }
}
