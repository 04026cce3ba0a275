import Formats
import Money
import TestSupport
import Testing

@testable import Notifications

@Suite struct MailLanguageTests {
    @Test(
        "amounts are written as in each language",
        arguments: [
            (129_900, "EUR", "€1,299.00", "1.299,00 €"), (129_900, "USD", "$1,299.00", "1.299,00 $"),
            (5, "USD", "$0.05", "0,05 $"),
            (0, "EUR", "€0.00", "0,00 €"), (-500, "USD", "-$5.00", "-5,00 $"),
            (-129_900, "CHF", "-CHF 1,299.00", "-1.299,00 CHF"),
            (1_299, "JPY", "¥1,299", "1.299 ¥"), (1_234_567, "KWD", "KWD 1,234.567", "1.234,567 KWD"),
            (99_999, "GBP", "£999.99", "999,99 £"),
            (100_000, "CAD", "CAD 1,000.00", "1.000,00 CAD"),
            (Int64.max, "USD", "$92,233,720,368,547,758.07", "92.233.720.368.547.758,07 $"),
            (Int64.min, "JPY", "-¥9,223,372,036,854,775,808", "-9.223.372.036.854.775.808 ¥"), (1, "XQZ", "XQZ 0.01", "0,01 XQZ"),
        ] as [(Int64, String, String, String)])
    func money(amount: Int64, currency: String, english: String, german: String) {
        func spaced(_ text: String) -> String { text.replacing("\u{A0}", with: " ") }
        #expect(spaced(MailLanguage.english.text(Money(amount, currency))) == english)
        #expect(spaced(MailLanguage.german.text(Money(amount, currency))) == german)
    }

    @Test("the digits of an amount are those of its minor units, whatever stands between them") func digits() {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<20_000 {
            let amount = Int64(bitPattern: random.next()) >> Int64.random(in: 0..<60, using: &random)
            for currency in ["USD", "JPY", "KWD", "CHF"] {
                for language in MailLanguage.allCases {
                    let text = language.text(Money(amount, currency))
                    let digits = text.filter(\.isASCIIDigit)
                    let padded =
                        String(repeating: "0", count: max(0, digits.count - "\(amount.magnitude)".count)) + "\(amount.magnitude)"
                    #expect(digits == padded)
                    #expect(text.hasPrefix("-") == (amount < 0) && !text.contains(" "))
                }
            }
        }
    }

    @Test("days are written as in each language") func days() {
        func day(_ language: MailLanguage, _ text: String) -> String? {
            Timestamp(rfc3339: text).map { language.day($0).replacing("\u{A0}", with: " ") }
        }
        #expect(day(.english, "2026-03-04T18:31:07Z") == "4 March 2026")
        #expect(day(.german, "2026-03-04T18:31:07Z") == "4. März 2026")
        #expect(day(.english, "2026-12-31T23:59:59.999Z") == "31 December 2026")
        #expect(day(.german, "2026-01-01T00:30:00+01:00") == "31. Dezember 2025")
    }

    @Test("times are written as in each language, in UTC") func times() throws {
        let time = try #require(Timestamp(rfc3339: "2026-03-05T00:01:07.5+01:00"))
        func spaced(_ text: String) -> String { text.replacing("\u{A0}", with: " ") }
        #expect(spaced(MailLanguage.english.minute(time)) == "4 March 2026, 23:01 UTC")
        #expect(spaced(MailLanguage.german.minute(time)) == "4. März 2026, 23:01 Uhr (UTC)")
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) && isASCII }
}
