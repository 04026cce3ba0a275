import Formats
import TestSupport
import Testing

@testable import Money

@Suite("Minor units")
struct MinorUnitsTests {
    @Test(
        "reads decimal amounts",
        arguments: [
            ("129.99", 2, 12_999), ("129.9", 2, 12_990), ("129", 2, 12_900), ("129.990", 2, 12_999),
            ("129.99000000000000000000000", 2, 12_999),
            ("0", 2, 0), ("0.00", 2, 0), ("0.01", 2, 1), ("-0.01", 2, -1), ("-5", 2, -500), ("007.50", 2, 750),
            ("1200", 0, 1_200), ("1200.00", 0, 1_200),
            ("1.234", 3, 1_234), ("92233720368547758.07", 2, .max), ("-92233720368547758.08", 2, .min),
            ("9223372036854775807", 0, .max),
            ("-0", 2, 0), ("0.000000000000000001", 18, 1), ("00000000000000000000000000001", 2, 100),
        ] as [(String, Int, Int64)])
    func reads(text: String, exponent: Int, units: Int64) {
        #expect(MinorUnits.parse(text, exponent: exponent) == units)
    }

    @Test(
        "refuses what would have to be rounded, guessed or cut",
        arguments: [
            ("1.2999", 2), ("0.001", 2), ("1.5", 0), ("", 2), (".", 2), ("-", 2), (".5", 2), ("5.", 2), ("-.5", 2), ("+5", 2),
            ("1e3", 2),
            ("1E3", 2), ("1,000", 2), ("1.000,00", 2), ("1_000", 2), ("$5", 2), (" 5", 2), ("5 ", 2), ("--5", 2), ("5-", 2),
            ("1.2.3", 2),
            ("0x10", 2), ("NaN", 2), ("Infinity", 2), ("92233720368547758.08", 2), ("-92233720368547758.09", 2), ("９", 2),
            ("99999999999999999999", 0), ("10", 18), ("5", -1), ("5", 19), ("1.-5", 2), ("5\0", 2),
        ])
    func refuses(text: String, exponent: Int) {
        #expect(MinorUnits.parse(text, exponent: exponent) == nil)
    }

    @Test("any amount written is read again as it was")
    func roundTrip() {
        #expect(MinorUnits.format(1_299, exponent: 2) == "12.99")
        #expect(MinorUnits.format(-5, exponent: 2) == "-0.05")
        #expect(MinorUnits.format(1_299, exponent: 0) == "1299")
        #expect(MinorUnits.format(.min, exponent: 3) == "-9223372036854775.808")
        var random = SeededGenerator(seed: 50)
        for exponent in 0...18 {
            for _ in 0..<500 {
                let units = Int64.random(in: .min ... .max, using: &random) >> Int64.random(in: 0...63, using: &random)
                #expect(MinorUnits.parse(MinorUnits.format(units, exponent: exponent), exponent: exponent) == units)
            }
        }
        for end in [Int64.min, .max] { #expect(MinorUnits.parse(MinorUnits.format(end, exponent: 2), exponent: 2) == end) }
    }

    @Test("random text is read or refused, and never ends the process")
    func fuzz() {
        var random = SeededGenerator(seed: 51)
        for _ in 0..<20_000 {
            _ = MinorUnits.parse(random.bytes(upTo: 30), exponent: Int.random(in: -2...20, using: &random))
            _ = MinorUnits.parse(random.bytes(upTo: 30, from: "0123456789.-"), exponent: Int.random(in: 0...18, using: &random))
            _ = MinorUnits.parse(random.bytes(upTo: 30, from: "0123456789"), exponent: Int.random(in: 0...18, using: &random))
        }
    }
}

@Suite("Currency code")
struct CurrencyCodeTests {
    @Test(
        "knows the digits of the minor unit",
        arguments: [
            ("USD", 2), ("EUR", 2), ("GBP", 2), ("CHF", 2), ("JPY", 0), ("KRW", 0), ("ISK", 0), ("CLP", 0), ("KWD", 3),
            ("BHD", 3), ("TND", 3),
        ])
    func digits(code: String, digits: Int) throws {
        let currency = try #require(CurrencyCode(code))
        #expect(currency.code == code && currency.minorDigits == digits && "\(currency)" == code)
    }

    @Test(
        "refuses other cases, lengths, and codes of no currency in use",
        arguments: ["", "US", "USDD", "usd", "Usd", "U$D", "XXX", "XTS", "XAU", "DEM", "AAA", "ＵＳＤ", " USD", "US\0"])
    func refuses(code: String) {
        #expect(CurrencyCode(code) == nil)
    }

    @Test("all of them can be listed")
    func all() {
        let all = CurrencyCode.all
        #expect(all.count > 150 && all.allSatisfy { CurrencyCode($0.code) == $0 })
        #expect(all.map(\.code) == Set(all.map(\.code)).sorted())
    }

    @Test("the constants are what their codes give")
    func constants() {
        #expect(CurrencyCode("USD") == .usd && CurrencyCode("EUR") == .eur)
    }
}
