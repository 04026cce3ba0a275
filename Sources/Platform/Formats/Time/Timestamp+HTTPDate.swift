extension Timestamp {
    /// Appends an IMF-fixdate, the form of `Date` and `Last-Modified`: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
    ///
    /// Seconds are rounded down. A time outside the years 0000–9999 becomes the nearest within.
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

    /// The time as an IMF-fixdate.
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

extension Timestamp {
    /// Reads the date of an HTTP header in any of its three forms (RFC 9110 §5.6.7):
    /// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`. Nil for anything else.
    ///
    /// The name of the weekday must be one, but need not be the right one. A leap second becomes the second after it.
    /// - Parameter now: defines the century of a year of two digits, which is at most 50 years ahead
    package init?(httpDate text: some Collection<UInt8>, now: Timestamp) {
        var reader = HTTPDateReader(rest: Array(text)[...])
        guard let seconds = reader.read(now: now), reader.rest.isEmpty else { return nil }
        self.init(seconds: Int64(seconds))
    }
}

/// Parses a date from left to right.
private struct HTTPDateReader {
    var rest: ArraySlice<UInt8>

    private static let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let longDays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    mutating func read(now: Timestamp) -> Int? {
        // Long names first, as they begin with the short ones.
        if word(Self.longDays) != nil { return obsolete(now) }
        guard word(Self.days) != nil else { return nil }
        return literal(", ") ? fixed() : literal(" ") ? asctime() : nil
    }

    /// `06 Nov 1994 08:49:37 GMT`
    private mutating func fixed() -> Int? {
        guard let day = number(2), literal(" "), let month = word(Self.months), literal(" "), let year = number(4), literal(" "),
            let time = time(), literal(" GMT")
        else { return nil }
        return seconds(year, month, day, time)
    }

    /// `, 06-Nov-94 08:49:37 GMT`
    private mutating func obsolete(_ now: Timestamp) -> Int? {
        guard literal(", "), let day = number(2), literal("-"), let month = word(Self.months), literal("-"),
            let short = number(2),
            literal(" "), let time = time(), literal(" GMT")
        else { return nil }
        let present = UTCMoment(min(max(now, .earliest), .latest)).date.year
        var year = present - present % 100 + short
        if year > present + 50 { year -= 100 } else if year <= present - 50 { year += 100 }
        return seconds(year, month, day, time)
    }

    /// `Nov  6 08:49:37 1994`
    private mutating func asctime() -> Int? {
        guard let month = word(Self.months), literal(" "), let day = literal(" ") ? number(1) : number(2), literal(" "),
            let time = time(), literal(" "), let year = number(4)
        else { return nil }
        return seconds(year, month, day, time)
    }

    private mutating func time() -> Int? {
        guard let hour = number(2), hour <= 23, literal(":"), let minute = number(2), minute <= 59, literal(":"),
            let second = number(2), second <= 60
        else { return nil }
        return hour * 3_600 + minute * 60 + second
    }

    private func seconds(_ year: Int, _ month: Int, _ day: Int, _ time: Int) -> Int? {
        CivilDate(year: year, month: month + 1, day: day).map { $0.daysSince1970 * 86_400 + time }
    }

    // MARK: Pieces

    private mutating func literal(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { text in
            guard rest.starts(with: text) else { return false }
            rest = rest.dropFirst(text.count)
            return true
        }
    }

    /// The index of the word at this place.
    private mutating func word(_ words: [String]) -> Int? {
        guard let index = words.firstIndex(where: { rest.starts(with: $0.utf8) }) else { return nil }
        rest = rest.dropFirst(words[index].utf8.count)
        return index
    }

    private mutating func number(_ digits: Int) -> Int? {
        guard rest.count >= digits else { return nil }
        var value = 0
        for byte in rest.prefix(digits) {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        rest = rest.dropFirst(digits)
        return value
    }
}
