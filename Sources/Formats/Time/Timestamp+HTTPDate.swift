extension Timestamp {
    /// Appends an IMF-fixdate, as `Date` and `Last-Modified` want it: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
    ///
    /// Whole seconds, rounded down; a moment outside years 0000–9999 as the nearest within.
    package func appendHTTPDate(to bytes: inout [UInt8]) {
        let moment = UTCMoment(min(max(self, .earliest), .latest))
        bytes.append(Self.weekdays[moment.weekday])
        bytes.append(", ")
        bytes.append(twoDigits: moment.date.day)
        bytes.append(UInt8(ascii: " "))
        bytes.append(Self.months[moment.date.month - 1])
        bytes.append(UInt8(ascii: " "))
        bytes.append(twoDigits: moment.date.year / 100)
        bytes.append(twoDigits: moment.date.year)
        bytes.append(UInt8(ascii: " "))
        bytes.append(twoDigits: moment.hour)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(twoDigits: moment.minute)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(twoDigits: moment.second)
        bytes.append(" GMT")
    }

    /// The moment as an IMF-fixdate.
    package var httpDate: String {
        var text: [UInt8] = []
        text.reserveCapacity(29)
        appendHTTPDate(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    private static let weekdays: [StaticString] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months: [StaticString] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
