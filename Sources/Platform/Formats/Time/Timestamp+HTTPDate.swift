extension Timestamp {
    /// Appends an IMF-fixdate, as `Date` and `Last-Modified` want it: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
    ///
    /// Whole seconds, rounded down; a moment outside years 0000–9999 as the nearest within.
    package func appendHTTPDate(to bytes: inout [UInt8]) {
        let moment = UTCMoment(min(max(self, .earliest), .latest))
        bytes.append(Self.weekdays[moment.weekday])
        bytes.append(padded: UInt64(moment.date.day), digits: 2)
        bytes.append(Self.months[moment.date.month - 1])
        bytes.append(addingCapacity: 13) { text in
            text.append(twoDigits: moment.date.year / 100)
            text.append(twoDigits: moment.date.year)
            text.append(UInt8(ascii: " "))
            text.append(twoDigits: moment.hour)
            text.append(UInt8(ascii: ":"))
            text.append(twoDigits: moment.minute)
            text.append(UInt8(ascii: ":"))
            text.append(twoDigits: moment.second)
        }
        bytes.append(" GMT")
    }

    /// The moment as an IMF-fixdate.
    package var httpDate: String {
        var text: [UInt8] = []
        text.reserveCapacity(29)
        appendHTTPDate(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    private static let weekdays: [StaticString] = ["Sun, ", "Mon, ", "Tue, ", "Wed, ", "Thu, ", "Fri, ", "Sat, "]
    private static let months: [StaticString] = [
        " Jan ", " Feb ", " Mar ", " Apr ", " May ", " Jun ", " Jul ", " Aug ", " Sep ", " Oct ", " Nov ", " Dec ",
    ]
}
