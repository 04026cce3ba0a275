extension Timestamp: CustomStringConvertible {
    /// The first and the last moment that RFC 3339 can write: years 0000 to 9999.
    package static let earliest = Timestamp(microseconds: -62_167_219_200_000_000)
    package static let latest = Timestamp(microseconds: 253_402_300_799_999_999)

    /// RFC 3339 in UTC with six fractional digits: `2026-11-21T03:26:48.123456Z`.
    ///
    /// Always six: nothing of what PostgreSQL keeps is lost, so that a value read can be sent back and still match,
    /// and as every text is as wide as any other, text sorts as time does.
    package var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(27)
        appendRFC3339(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the moment as `description` has it; one outside years 0000–9999 as the nearest within.
    package func appendRFC3339(to bytes: inout [UInt8]) {
        let moment = UTCMoment(min(max(self, .earliest), .latest))
        bytes.append(twoDigits: moment.date.year / 100)
        bytes.append(twoDigits: moment.date.year)
        bytes.append(UInt8(ascii: "-"))
        bytes.append(twoDigits: moment.date.month)
        bytes.append(UInt8(ascii: "-"))
        bytes.append(twoDigits: moment.date.day)
        bytes.append(UInt8(ascii: "T"))
        bytes.append(twoDigits: moment.hour)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(twoDigits: moment.minute)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(twoDigits: moment.second)
        bytes.append(UInt8(ascii: "."))
        bytes.append(twoDigits: moment.microsecond / 10_000)
        bytes.append(twoDigits: moment.microsecond / 100)
        bytes.append(twoDigits: moment.microsecond)
        bytes.append(UInt8(ascii: "Z"))
    }

    /// Reads RFC 3339 §5.6 text with any offset and 1–9 fractional digits, those beyond microseconds cut off; nil otherwise.
    ///
    /// A second of 60 is refused: POSIX time has no name for it. So is a moment that its offset carries out of years 0000–9999.
    package init?(rfc3339 text: some Collection<UInt8>) {
        var cursor = DigitCursor(text)
        guard let year = cursor.number(digits: 4), cursor.take("-"),
            let month = cursor.number(digits: 2), cursor.take("-"),
            let day = cursor.number(digits: 2), let date = CivilDate(year: year, month: month, day: day),
            cursor.take("T") || cursor.take("t"),
            let hour = cursor.number(digits: 2), hour <= 23, cursor.take(":"),
            let minute = cursor.number(digits: 2), minute <= 59, cursor.take(":"),
            let second = cursor.number(digits: 2), second <= 59
        else { return nil }
        var microsecond = 0
        if cursor.take(".") {
            guard let fraction = cursor.fraction(kept: 6, atMost: 9) else { return nil }
            microsecond = fraction
        }
        guard let offset = cursor.offset(), cursor.isAtEnd else { return nil }
        let seconds = date.daysSince1970 * 86_400 + hour * 3_600 + minute * 60 + second - offset
        self.init(microseconds: Int64(seconds) * 1_000_000 + Int64(microsecond))
        guard self >= .earliest, self <= .latest else { return nil }
    }

    /// Reads RFC 3339 text; nil where it is not.
    package init?(rfc3339 text: String) {
        self.init(rfc3339: text.utf8)
    }
}

/// Reads fixed-width digits from the front of text.
private struct DigitCursor<Text: Collection<UInt8>> {
    private let text: Text
    private var index: Text.Index

    init(_ text: Text) {
        self.text = text
        index = text.startIndex
    }

    var isAtEnd: Bool { index == text.endIndex }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard !isAtEnd, text[index] == UInt8(ascii: character) else { return false }
        text.formIndex(after: &index)
        return true
    }

    mutating func number(digits: Int) -> Int? {
        var value = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    mutating func fraction(kept: Int, atMost: Int) -> Int? {
        var value = 0
        var read = 0
        while let digit = digit() {
            read += 1
            if read > atMost { return nil }
            if read <= kept { value = value * 10 + digit }
        }
        guard read > 0 else { return nil }
        while read < kept {
            value *= 10
            read += 1
        }
        return value
    }

    /// Seconds east of UTC.
    mutating func offset() -> Int? {
        if take("Z") || take("z") { return 0 }
        let east = take("+")
        guard east || take("-"), let hours = number(digits: 2), hours <= 23, take(":"),
            let minutes = number(digits: 2), minutes <= 59
        else { return nil }
        let seconds = hours * 3_600 + minutes * 60
        return east ? seconds : -seconds
    }

    private mutating func digit() -> Int? {
        guard !isAtEnd else { return nil }
        let byte = text[index]
        guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
        text.formIndex(after: &index)
        return Int(byte &- UInt8(ascii: "0"))
    }
}
