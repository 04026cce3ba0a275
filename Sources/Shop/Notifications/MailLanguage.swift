import Formats
import Money

/// A language in which the shop writes mails. Each has templates in `Templates`.
package enum MailLanguage: String, CaseIterable, Sendable {
    case english = "en"
    case german = "de"

    /// An amount as people write it: `$1,299.00` or `1.299,00 $`. It has all digits of its minor unit, and no rounding: nothing here
    /// is floating point. The spaces in it do not break.
    func text(_ money: Money) -> String {
        // Only an amount of a later release has a currency that is not known here.
        let digits = CurrencyCode(money.currency)?.minorDigits ?? 2
        let parts = MinorUnits.format(money.amount, exponent: digits).split(separator: ".")
        var whole = parts.first ?? "0"
        let sign = whole.hasPrefix("-") ? "-" : ""
        if !sign.isEmpty { whole = whole.dropFirst() }
        var number = grouped(whole)
        if parts.count > 1 { number += decimalMark + parts[1] }
        let symbol = Self.symbols[money.currency]
        switch self {
        case .english: return sign + (symbol ?? money.currency + "\u{A0}") + number
        case .german: return sign + number + "\u{A0}" + (symbol ?? money.currency)
        }
    }

    /// A day as people write it: `4 March 2026` or `4. März 2026`, in UTC.
    func day(_ time: Timestamp) -> String {
        let date = time.description.prefix(10).split(separator: "-")
        guard date.count == 3, let month = Int(date[1]), let day = Int(date[2]), months.indices.contains(month - 1) else {
            return time.description
        }
        return "\(day)\(self == .german ? "." : "")\u{A0}\(months[month - 1])\u{A0}\(date[0])"
    }

    /// A day with its time: `4 March 2026, 18:31 UTC` or `4. März 2026, 18:31 Uhr (UTC)`.
    func minute(_ time: Timestamp) -> String {
        let clock = time.description.dropFirst(11).prefix(5)
        return day(time) + ", \(clock)\u{A0}" + (self == .german ? "Uhr\u{A0}(UTC)" : "UTC")
    }

    /// A whole number with marks between groups of three digits.
    private func grouped(_ digits: Substring) -> String {
        let mark = self == .english ? "," : "."
        var text = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place).isMultiple(of: 3) { text += mark }
            text.append(digit)
        }
        return text
    }

    private var decimalMark: String { self == .english ? "." : "," }

    private var months: [String] {
        switch self {
        case .english:
            [
                "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
                "December",
            ]
        case .german:
            [
                "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
                "Dezember",
            ]
        }
    }

    /// Symbols that stand for one currency in both languages (Unicode CLDR). Others, such as the Canadian dollar, are written with
    /// their code, so that a $ is always the same.
    private static let symbols = ["USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"]
}
