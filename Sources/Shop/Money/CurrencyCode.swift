/// A currency in use, by its ISO 4217 code. Funds, metals and test codes are none.
package struct CurrencyCode: Hashable, Sendable, CustomStringConvertible {
    /// Three upper-case letters.
    package let code: String
    /// Digits of the minor unit: 2 for most, 0 (JPY) or 3 (KWD) for some. The exponent of `MinorUnits`.
    package let minorDigits: Int

    package static let usd = CurrencyCode(code: "USD", minorDigits: 2)
    package static let eur = CurrencyCode(code: "EUR", minorDigits: 2)

    /// The currency of a code in upper case, or nil.
    package init?(_ code: String) {
        // Length first: hashing must not depend on how much a client sends.
        guard code.utf8.count == 3, let digits = Self.known[code] else { return nil }
        self.init(code: code, minorDigits: digits)
    }

    private init(code: String, minorDigits: Int) {
        self.code = code
        self.minorDigits = minorDigits
    }

    package var description: String { code }

    /// ISO 4217 list one, as of 2026: BGN went with Bulgaria's euro, XCG came for ANG, ZWG for ZWL.
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
