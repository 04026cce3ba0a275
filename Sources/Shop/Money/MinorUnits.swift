/// Amounts of money between decimal text and whole minor units. Nothing here is floating point.
package enum MinorUnits {
    /// The minor units of a decimal amount: `129.99` with exponent 2 is 12,999.
    ///
    /// The text is digits, perhaps a `-` before and a `.` with at least one digit after. Digits beyond the exponent must be
    /// zeros, for money is never rounded on its way in. Nil for anything else (`1e3`, `+1`, `.5`, `1,000`), for an exponent
    /// outside 0–18, and where 64 bits do not hold the amount.
    @inlinable
    package static func parse(_ text: some Collection<UInt8>, exponent: Int) -> Int64? {
        text.withBytes { parse(bytes: $0, exponent: exponent) }
    }

    @usableFromInline
    static func parse(bytes text: Span<UInt8>, exponent: Int) -> Int64? {
        guard (0...18).contains(exponent), !text.isEmpty else { return nil }
        let isNegative = text[0] == UInt8(ascii: "-")
        var units: Int64 = 0
        var wholeDigits = 0
        var fractionDigits: Int?
        for index in (isNegative ? 1 : 0)..<text.count {
            let character = text[index]
            if character == UInt8(ascii: "."), fractionDigits == nil, wholeDigits > 0 {
                fractionDigits = 0
                continue
            }
            guard character >= UInt8(ascii: "0"), character <= UInt8(ascii: "9") else { return nil }
            let digit = Int64(character &- UInt8(ascii: "0"))
            if let read = fractionDigits {
                fractionDigits = read + 1
                if read >= exponent {
                    guard digit == 0 else { return nil }
                    continue
                }
            } else {
                wholeDigits += 1
            }
            guard let longer = appending(digit, to: units, isNegative: isNegative) else { return nil }
            units = longer
        }
        guard wholeDigits > 0, fractionDigits != 0 else { return nil }
        for _ in 0..<max(0, exponent - (fractionDigits ?? 0)) {
            guard let longer = appending(0, to: units, isNegative: isNegative) else { return nil }
            units = longer
        }
        return units
    }

    /// The minor units of a decimal amount; nil as above.
    package static func parse(_ text: String, exponent: Int) -> Int64? {
        parse(text.utf8, exponent: exponent)
    }

    /// The decimal text of an amount with all its fraction digits: 1,299 with exponent 2 is `12.99`.
    ///
    /// An exponent outside 0–18 counts as the nearest within.
    package static func format(_ units: Int64, exponent: Int) -> String {
        let exponent = min(max(exponent, 0), 18)
        var scale: UInt64 = 1
        for _ in 0..<exponent { scale *= 10 }
        let (whole, fraction) = units.magnitude.quotientAndRemainder(dividingBy: scale)
        var text: [UInt8] = []
        if units < 0 { text.append(UInt8(ascii: "-")) }
        text.append(decimal: whole)
        if exponent > 0 {
            text.append(UInt8(ascii: "."))
            text.append(padded: fraction, digits: exponent)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Negative amounts are built downwards, so that the least Int64 can be read too.
    private static func appending(_ digit: Int64, to units: Int64, isNegative: Bool) -> Int64? {
        let (shifted, overflow) = units.multipliedReportingOverflow(by: 10)
        let (sum, more) = isNegative ? shifted.subtractingReportingOverflow(digit) : shifted.addingReportingOverflow(digit)
        return overflow || more ? nil : sum
    }
}
