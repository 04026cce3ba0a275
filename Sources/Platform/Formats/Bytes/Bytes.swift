extension Collection<UInt8> {
    /// Calls `body` with contiguous bytes, copied only where they are not contiguous. Code that reads bytes uses a span and is compiled
    /// once for all collections. This function and its callers are inlined across modules, as a generic call costs more than the work.
    @inlinable
    package func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        let result: Result? = withContiguousStorageIfAvailable { body($0.span) }
        if let result { return result }
        return Array(self).withUnsafeBufferPointer { body($0.span) }
    }
}

// Numbers and fixed text straight into a byte buffer: a String in between would cost an allocation for each number.

extension [UInt8] {
    /// Appends text known at compile time.
    @inlinable
    package mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { append(contentsOf: $0) }
    }

    /// Appends a whole number in decimal digits, with a minus sign where it is negative.
    ///
    /// At most 64 bits.
    @inlinable
    package mutating func append(decimal value: some FixedWidthInteger) {
        append(magnitude: UInt64(truncatingIfNeeded: value.magnitude), isNegative: value < 0)
    }

    @usableFromInline
    mutating func append(magnitude: UInt64, isNegative: Bool) {
        if isNegative { append(UInt8(ascii: "-")) }
        guard magnitude < 100_000_000 else {
            let (high, low) = magnitude.quotientAndRemainder(dividingBy: 100_000_000)
            append(magnitude: high, isNegative: false)
            return append(eightDigits: UInt32(truncatingIfNeeded: low), last: 8)
        }
        var length = 1
        var limit: UInt32 = 10
        let small = UInt32(truncatingIfNeeded: magnitude)
        while small >= limit, length < 8 {
            limit &*= 10
            length += 1
        }
        append(eightDigits: small, last: length)
    }

    /// Appends the last `digits` decimal digits of a number, at most 20, with zeros in front where it is shorter.
    package mutating func append(padded value: UInt64, digits: Int) {
        guard digits > 8 else {
            return append(eightDigits: UInt32(truncatingIfNeeded: value % 100_000_000), last: Swift.max(digits, 0))
        }
        let (high, low) = value.quotientAndRemainder(dividingBy: 100_000_000)
        append(padded: high, digits: Swift.min(digits, 20) - 8)
        append(eightDigits: UInt32(truncatingIfNeeded: low), last: 8)
    }

    /// Appends the last digits, at most eight, of a number with no more digits: assembled in a register and copied at once.
    private mutating func append(eightDigits value: UInt32, last count: Int) {
        var text: UInt64 = 0
        var rest = value
        for _ in 0..<count {
            text = text << 8 | UInt64(0x30 + rest % 10)
            rest /= 10
        }
        Swift.withUnsafeBytes(of: text.littleEndian) { append(contentsOf: $0.prefix(count)) }
    }
}

extension OutputSpan<UInt8> {
    /// Appends two decimal digits; of a number above 99 only the last two. The span must have room for them.
    mutating func append(twoDigits value: Int) {
        let number = UInt8(truncatingIfNeeded: value.magnitude % 100)
        append(UInt8(ascii: "0") &+ number / 10)
        append(UInt8(ascii: "0") &+ number % 10)
    }

    /// Appends one byte as two lower-case hexadecimal digits. The span must have room for them.
    mutating func append(hexadecimal byte: UInt8) {
        append(Hexadecimal.digit(byte >> 4))
        append(Hexadecimal.digit(byte))
    }
}

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
