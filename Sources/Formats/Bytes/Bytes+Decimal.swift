// Numbers and fixed text straight into a byte buffer: a String in between would cost an allocation a number.

extension [UInt8] {
    /// Appends text known at compile time.
    @inlinable
    package mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { append(contentsOf: $0) }
    }

    /// Appends a whole number in decimal digits, with a minus sign where it is negative.
    ///
    /// 64 bits at most: nothing here is wider.
    @inlinable
    package mutating func append(decimal value: some FixedWidthInteger) {
        append(magnitude: UInt64(truncatingIfNeeded: value.magnitude), isNegative: value < 0)
    }

    @usableFromInline
    mutating func append(magnitude: UInt64, isNegative: Bool) {
        var length = isNegative ? 2 : 1
        var rest = magnitude
        while rest >= 10 {
            rest /= 10
            length += 1
        }
        append(addingCapacity: length) { span in
            if isNegative { span.append(UInt8(ascii: "-")) }
            span.append(decimal: magnitude, digits: isNegative ? length - 1 : length)
        }
    }

    /// Appends the last `digits` decimal digits of a number, at most 20, zeros in front where it is shorter.
    package mutating func append(padded value: UInt64, digits: Int) {
        let length = Swift.min(Swift.max(digits, 0), 20)
        append(addingCapacity: length) { $0.append(decimal: value, digits: length) }
    }
}

extension OutputSpan<UInt8> {
    /// Appends the last so many decimal digits of a number, at most 20; the span has room for them.
    mutating func append(decimal value: UInt64, digits: Int) {
        var text = InlineArray<20, UInt8>(repeating: UInt8(ascii: "0"))
        var rest = value
        var index = 20
        while rest > 0, index > 0 {
            index -= 1
            text[index] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        for index in Swift.max(0, 20 - digits)..<20 { append(text[index]) }
    }

    /// Appends two decimal digits; of a number above 99 only the last two. The span has room for them.
    mutating func append(twoDigits value: Int) {
        let number = UInt8(truncatingIfNeeded: value.magnitude % 100)
        append(UInt8(ascii: "0") &+ number / 10)
        append(UInt8(ascii: "0") &+ number % 10)
    }

    /// Appends one byte as two lower-case hexadecimal digits. The span has room for them.
    mutating func append(hexadecimal byte: UInt8) {
        append(Hexadecimal.digit(byte >> 4))
        append(Hexadecimal.digit(byte))
    }
}
