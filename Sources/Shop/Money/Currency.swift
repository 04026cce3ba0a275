/// A currency in circulation, by its ISO 4217 code. The codes of funds, metals and tests are not accepted.
package struct CurrencyCode: Hashable, Sendable, CustomStringConvertible {
    /// Three upper-case letters.
    package let code: String
    /// The digits of the minor unit: 2 for most, 0 (JPY) or 3 (KWD) for some. The exponent of ``MinorUnits``.
    package let minorDigits: Int

    package static let usd = CurrencyCode(code: "USD", minorDigits: 2)
    package static let eur = CurrencyCode(code: "EUR", minorDigits: 2)

    /// The currency of a code in upper case, or nil.
    package init?(_ code: String) {
        // The length comes first: the cost of hashing must not depend on how much a client sends.
        guard code.utf8.count == 3, let digits = Self.known[code] else { return nil }
        self.init(code: code, minorDigits: digits)
    }

    private init(code: String, minorDigits: Int) {
        self.code = code
        self.minorDigits = minorDigits
    }

    package var description: String { code }

    /// All of them, by code.
    package static var all: [CurrencyCode] { known.map { CurrencyCode(code: $0, minorDigits: $1) }.sorted { $0.code < $1.code } }

    /// The digits by code: ISO 4217 list one as of 2026. The euro has replaced BGN, XCG has replaced ANG, and ZWG has replaced ZWL.
    private static let known: [String: Int] = {
        let byDigits: [(Int, String)] = [
            (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"),
            (3, "BHD IQD JOD KWD LYD OMR TND"),
            (
                2,
                """
                AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE \
                CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR \
                KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB \
                PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY \
                TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
                """
            ),
        ]
        var known: [String: Int] = [:]
        for (digits, codes) in byDigits {
            for code in codes.split(separator: " ") { known[String(code)] = digits }
        }
        return known
    }()
}

/// Amounts of money between decimal text and whole minor units. Nothing here is floating point.
package enum MinorUnits {
    /// The minor units of a decimal amount: `129.99` with exponent 2 is 12,999.
    ///
    /// The text consists of digits, with an optional `-` before them and an optional `.` with at least one digit after it. Digits
    /// beyond the exponent must be zeros, as input is never rounded. Nil for anything else (`1e3`, `+1`, `.5`, `1,000`), for an
    /// exponent outside 0–18, and where 64 bits do not hold the amount.
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

    /// The minor units of a decimal amount, under the same rules.
    package static func parse(_ text: String, exponent: Int) -> Int64? {
        parse(text.utf8, exponent: exponent)
    }

    /// The decimal text of an amount with all its fraction digits: 1,299 with exponent 2 is `12.99`.
    ///
    /// An exponent outside 0–18 counts as 0 or 18.
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

    /// The units with one more digit. Negative amounts are built downwards, so that the least Int64 can be read too.
    private static func appending(_ digit: Int64, to units: Int64, isNegative: Bool) -> Int64? {
        let (shifted, overflow) = units.multipliedReportingOverflow(by: 10)
        let (sum, more) = isNegative ? shifted.subtractingReportingOverflow(digit) : shifted.addingReportingOverflow(digit)
        return overflow || more ? nil : sum
    }
}
