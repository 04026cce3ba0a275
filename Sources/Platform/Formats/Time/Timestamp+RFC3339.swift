extension Timestamp: CustomStringConvertible {
    /// The first and the last time in RFC 3339: years 0000 to 9999.
    package static let earliest = Timestamp(microseconds: -62_167_219_200_000_000)
    package static let latest = Timestamp(microseconds: 253_402_300_799_999_999)

    /// RFC 3339 in UTC with six fractional digits: `2026-11-21T03:26:48.123456Z`.
    ///
    /// There are always six digits. PostgreSQL stores as many, so a value survives the round trip. All texts have the same width,
    /// so they sort by time.
    package var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(27)
        appendRFC3339(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the text of `description`. A time outside the years 0000–9999 becomes the nearest within.
    package func appendRFC3339(to bytes: inout [UInt8]) {
        let moment = UTCMoment(min(max(self, .earliest), .latest))
        bytes.append(addingCapacity: 27) { text in
            text.append(twoDigits: moment.date.year / 100)
            text.append(twoDigits: moment.date.year)
            text.append(UInt8(ascii: "-"))
            text.append(twoDigits: moment.date.month)
            text.append(UInt8(ascii: "-"))
            text.append(twoDigits: moment.date.day)
            text.append(UInt8(ascii: "T"))
            text.append(twoDigits: moment.hour)
            text.append(UInt8(ascii: ":"))
            text.append(twoDigits: moment.minute)
            text.append(UInt8(ascii: ":"))
            text.append(twoDigits: moment.second)
            text.append(UInt8(ascii: "."))
            text.append(twoDigits: moment.microsecond / 10_000)
            text.append(twoDigits: moment.microsecond / 100)
            text.append(twoDigits: moment.microsecond)
            text.append(UInt8(ascii: "Z"))
        }
    }

    /// Reads RFC 3339 §5.6 text with any offset and 1–9 fractional digits, truncated to microseconds; nil for other text.
    ///
    /// A leap second is refused, as POSIX time cannot express it. So is a time that its offset moves out of the years 0000–9999.
    @inlinable
    package init?(rfc3339 text: some Collection<UInt8>) {
        guard let time = text.withBytes({ Timestamp(parsing: $0) }) else { return nil }
        self = time
    }

    /// Reads RFC 3339 text; nil for other text.
    package init?(rfc3339 text: String) {
        self.init(rfc3339: text.utf8)
    }

    @usableFromInline
    init?(parsing text: Span<UInt8>) {
        // Everything but the fraction and the offset has a fixed place.
        guard text.count >= 20, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
            text[10] | 0x20 == UInt8(ascii: "t"), text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"),
            let year = Self.number(text, 0..<4), let month = Self.number(text, 5..<7), let day = Self.number(text, 8..<10),
            let date = CivilDate(year: year, month: month, day: day),
            let hour = Self.number(text, 11..<13), hour <= 23,
            let minute = Self.number(text, 14..<16), minute <= 59,
            let second = Self.number(text, 17..<19), second <= 59
        else { return nil }
        var position = 19
        guard let microsecond = Self.fraction(text, &position), let offset = Self.offset(text, position) else { return nil }
        let seconds = date.daysSince1970 * 86_400 + hour * 3_600 + minute * 60 + second - offset
        self.init(microseconds: Int64(seconds) * 1_000_000 + Int64(microsecond))
        guard self >= .earliest, self <= .latest else { return nil }
    }

    /// The number that the digits in these places form. The places exist.
    private static func number(_ text: Span<UInt8>, _ places: Range<Int>) -> Int? {
        var value = 0
        for place in places {
            guard let digit = digit(text[place]) else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// Microseconds, or 0 without a fraction; nil for a fraction without digits or with more than nine.
    private static func fraction(_ text: Span<UInt8>, _ position: inout Int) -> Int? {
        guard text[position] == UInt8(ascii: ".") else { return 0 }
        position += 1
        let start = position
        var value = 0
        var unit = 100_000
        while position < text.count, let digit = digit(text[position]) {
            value += digit * unit
            unit /= 10
            position += 1
        }
        return (1...9).contains(position - start) ? value : nil
    }

    /// The offset at the end of the text, in seconds east of UTC.
    private static func offset(_ text: Span<UInt8>, _ position: Int) -> Int? {
        if text.count == position + 1, text[position] | 0x20 == UInt8(ascii: "z") { return 0 }
        guard text.count == position + 6, text[position + 3] == UInt8(ascii: ":"),
            let hours = number(text, position + 1..<position + 3), hours <= 23,
            let minutes = number(text, position + 4..<position + 6), minutes <= 59
        else { return nil }
        let seconds = hours * 3_600 + minutes * 60
        switch text[position] {
        case UInt8(ascii: "+"): return seconds
        case UInt8(ascii: "-"): return -seconds
        default: return nil
        }
    }

    private static func digit(_ byte: UInt8) -> Int? {
        let value = byte &- UInt8(ascii: "0")
        return value <= 9 ? Int(value) : nil
    }
}
