import Formats

/// A schedule in the five fields of crontab(5): minute, hour, day of the month, month, day of the week, in UTC.
///
/// A field is `*` or a list of numbers, ranges `1-5` and steps `*/15` or `10-50/20`. Months and days of the week also have names
/// of three letters, such as `jan` and `mon`; 0 and 7 are Sunday. Where both the day of the month and the day of the week are
/// restricted, a day that meets either is meant, as POSIX says.
struct CronExpression: Sendable, Equatable {
    /// Bit n stands for the value n.
    private let minutes: UInt64
    private let hours: UInt64
    private let days: UInt64
    private let months: UInt64
    private let weekdays: UInt64

    /// - Throws: ``CronError`` with what is wrong.
    init(_ text: String) throws(CronError) {
        let fields = text.split(separator: " ")
        guard fields.count == 5 else { throw CronError("has \(fields.count) fields and not 5") }
        minutes = try CronField.minute.set(fields[0])
        hours = try CronField.hour.set(fields[1])
        days = try CronField.day.set(fields[2])
        months = try CronField.month.set(fields[3])
        let weekdays = try CronField.weekday.set(fields[4])
        // 7 is Sunday as well.
        self.weekdays = (weekdays | weekdays >> 7) & CronField.everyWeekday
        // Any nine years have each date, 29 February of a year like 2100 included.
        guard Self.dates(from: 0, count: 9 * 366).contains(where: { matches($0.date, weekday: $0.weekday) }) else {
            throw CronError("never occurs")
        }
    }

    /// The first time after `time` that the expression names, within the years that a timestamp expresses.
    func next(after time: Timestamp) -> Timestamp {
        // The next whole minute.
        let minute = Self.floor(time.seconds, 60) + 1
        let today = Int(Self.floor(minute, 1_440))
        let first = Int(minute - Int64(today) * 1_440)
        for (offset, day) in Self.dates(from: today, count: 9 * 366 + 1).enumerated()
        where matches(day.date, weekday: day.weekday) {
            guard let found = firstMinute(from: offset == 0 ? first : 0) else { continue }
            return Timestamp(seconds: (Int64(today + offset) * 1_440 + Int64(found)) * 60)
        }
        // Not reached: an expression that never occurs cannot be made.
        return Timestamp(microseconds: .max)
    }

    /// The first minute of a day, counted from midnight, that is not before `start`.
    private func firstMinute(from start: Int) -> Int? {
        for hour in start / 60..<24 where hours >> UInt64(hour) & 1 == 1 {
            let earliest = hour == start / 60 ? start % 60 : 0
            let rest = minutes >> UInt64(earliest)
            if rest != 0 { return hour * 60 + earliest + rest.trailingZeroBitCount }
        }
        return nil
    }

    private func matches(_ date: CivilDate, weekday: Int) -> Bool {
        guard months >> UInt64(date.month) & 1 == 1 else { return false }
        let isDay = days >> UInt64(date.day) & 1 == 1
        let isWeekday = weekdays >> UInt64(weekday) & 1 == 1
        let areBothRestricted = days != CronField.everyDay && weekdays != CronField.everyWeekday
        return areBothRestricted ? isDay || isWeekday : isDay && isWeekday
    }

    /// Consecutive days; 0 is 1970-01-01, a Thursday.
    private static func dates(from first: Int, count: Int) -> some Sequence<(date: CivilDate, weekday: Int)> {
        (first..<first + count).lazy.map { day in
            (CivilDate(daysSince1970: day), Int(Int64(day + 4) - floor(Int64(day + 4), 7) * 7))
        }
    }

    /// The quotient, rounded down.
    private static func floor(_ number: Int64, _ divisor: Int64) -> Int64 {
        let quotient = number / divisor
        return number % divisor < 0 ? quotient - 1 : quotient
    }
}

/// What is wrong with a cron expression; completes "the expression …".
struct CronError: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// One field of a cron expression: its values and their names.
private struct CronField {
    let values: ClosedRange<Int>
    var names: [String] = []
    /// The value of the first name.
    var firstName = 0

    static let minute = CronField(values: 0...59)
    static let hour = CronField(values: 0...23)
    static let day = CronField(values: 1...31)
    static let month = CronField(
        values: 1...12,
        names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], firstName: 1)
    static let weekday = CronField(values: 0...7, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"])

    static let everyDay = UInt64(0xFFFF_FFFE)
    static let everyWeekday = UInt64(0x7F)

    /// The values that a field names, as bits.
    func set(_ text: Substring) throws(CronError) -> UInt64 {
        var bits: UInt64 = 0
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = item.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            let (range, isRange) = try range(parts.first ?? "")
            var step = 1
            if parts.count == 2 {
                guard isRange else { throw CronError("has a step without a range in \"\(item)\"") }
                guard let number = number(parts[1]), (1...values.upperBound).contains(number) else {
                    throw CronError("has a step in \"\(item)\" that is not from 1 to \(values.upperBound)")
                }
                step = number
            }
            for value in stride(from: range.lowerBound, through: range.upperBound, by: step) { bits |= 1 << UInt64(value) }
        }
        return bits
    }

    private func range(_ text: Substring) throws(CronError) -> (ClosedRange<Int>, isRange: Bool) {
        if text == "*" { return (values, true) }
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let first = try value(ends.first ?? "")
        guard ends.count == 2 else { return (first...first, false) }
        let last = try value(ends[1])
        guard first <= last else { throw CronError("has a range \"\(text)\" that ends before it begins") }
        return (first...last, true)
    }

    private func value(_ text: Substring) throws(CronError) -> Int {
        if let index = names.firstIndex(of: text.lowercased()) { return firstName + index }
        guard let number = number(text), values.contains(number) else {
            throw CronError("has \"\(text)\" where it needs a value from \(values.lowerBound) to \(values.upperBound)")
        }
        return number
    }

    /// One or two digits.
    private func number(_ text: Substring) -> Int? {
        guard (1...2).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }
}
