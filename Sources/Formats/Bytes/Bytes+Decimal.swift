// Numbers and fixed text straight into a byte buffer: a String in between would cost an allocation a number.

extension [UInt8] {
    /// Appends text known at compile time.
    package mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { append(contentsOf: $0) }
    }

    /// Appends a whole number in decimal digits, with a minus sign where it is negative.
    package mutating func append(decimal value: some FixedWidthInteger) {
        if value < 0 { append(UInt8(ascii: "-")) }
        // 20 digits hold UInt64.max; a wider integer is cut there, and nothing here is wider.
        var rest = UInt64(truncatingIfNeeded: value.magnitude)
        if rest < 10 {
            append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest))
            return
        }
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var first = 20
        while rest > 0 {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            first -= 1
            digits[first] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit)
            rest = quotient
        }
        while first < 20 {
            append(digits[first])
            first += 1
        }
    }

    /// Appends the last `digits` decimal digits of a number, zeros in front where it is shorter.
    package mutating func append(padded value: UInt64, digits: Int) {
        let start = count
        append(contentsOf: repeatElement(UInt8(ascii: "0"), count: Swift.max(digits, 0)))
        var rest = value
        var index = count
        while index > start, rest > 0 {
            index -= 1
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            self[index] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit)
            rest = quotient
        }
    }

    /// Appends two decimal digits; of a number above 99 only the last two.
    package mutating func append(twoDigits value: Int) {
        let number = UInt8(truncatingIfNeeded: value.magnitude % 100)
        append(UInt8(ascii: "0") &+ number / 10)
        append(UInt8(ascii: "0") &+ number % 10)
    }
}
