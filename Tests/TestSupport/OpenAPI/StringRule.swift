import Foundation

/// JSON Schema's keywords about strings.
enum StringRule {
    /// The formats that are checked, or, for numbers, said by `type` and bounds already.
    static let formats: Set<String> = ["uuid", "date-time", "uri-reference", "uri", "email", "int64", "int32"]

    struct Fault {
        let text: String
        /// The schema itself is at fault.
        var isAboutSchema = false
    }

    /// What is wrong with a text by one keyword.
    static func fault(of text: String, _ keyword: String, _ rule: JSONTree) -> Fault? {
        switch keyword {
        case "minLength":
            let count = text.unicodeScalars.count
            return Double(count) < rule.number ?? 0 ? Fault(text: "has only \(count) characters") : nil
        case "maxLength":
            let count = text.unicodeScalars.count
            return Double(count) > rule.number ?? .infinity ? Fault(text: "has \(count) characters") : nil
        case "pattern":
            guard let pattern = rule.text, let expression = try? NSRegularExpression(pattern: pattern) else {
                return Fault(text: "pattern \(rule.text ?? "") cannot be read", isAboutSchema: true)
            }
            let range = NSRange(text.startIndex..., in: text)
            return expression.firstMatch(in: text, range: range) == nil ? Fault(text: "\(text) does not match \(pattern)") : nil
        default:
            guard let format = rule.text, formats.contains(format) else {
                return Fault(text: "format \(rule.text ?? "") is not known", isAboutSchema: true)
            }
            return isOf(format, text) ? nil : Fault(text: "\(text) is no \(format)")
        }
    }

    private static func isOf(_ format: String, _ text: String) -> Bool {
        switch format {
        case "uuid": matches(text, "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
        case "date-time":
            // RFC 3339 §5.6; whether the day exists, Foundation tells.
            matches(
                text,
                #"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)"#
            )
                && isDay(text.prefix(10))
        case "email": matches(text, #"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+"#)
        case "uri-reference": matches(text, #"([A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*"#)
        case "uri": matches(text, #"[A-Za-z][A-Za-z0-9+.-]*:([A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+"#)
        default: true
        }
    }

    private static func matches(_ text: String, _ pattern: String) -> Bool {
        text.range(of: "\\A(?:\(pattern))\\z", options: .regularExpression) != nil
    }

    private static func isDay(_ text: some StringProtocol) -> Bool {
        let parts = text.split(separator: "-").compactMap { Int($0) }
        guard parts.count == 3 else { return false }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(secondsFromGMT: 0) ?? .current
        return DateComponents(calendar: calendar, year: parts[0], month: parts[1], day: parts[2]).isValidDate
    }
}
