import Glibc

/// A time, in microseconds since 1970-01-01T00:00:00Z, the resolution of PostgreSQL.
package struct Timestamp: Hashable, Comparable, Sendable {
    /// Microseconds since 1970, negative before it, without leap seconds, as in POSIX.
    package var microseconds: Int64

    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// A whole number of seconds since 1970, or the nearest that 64 bits of microseconds can express.
    package init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        microseconds = overflow ? (seconds < 0 ? .min : .max) : product
    }

    /// The wall clock now (clock_gettime(2), CLOCK_REALTIME).
    package static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) &* 1_000_000 &+ Int64(time.tv_nsec) / 1_000)
    }

    /// Whole seconds since 1970, rounded down.
    package var seconds: Int64 {
        let quotient = microseconds / 1_000_000
        return microseconds % 1_000_000 < 0 ? quotient - 1 : quotient
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }

    /// The time a duration later, within the first and the last possible one.
    package static func + (time: Timestamp, duration: Duration) -> Timestamp {
        let (sum, overflow) = time.microseconds.addingReportingOverflow(duration.wholeMicroseconds)
        return Timestamp(microseconds: overflow ? (duration < .zero ? .min : .max) : sum)
    }

    /// The time a duration earlier, within the first and the last possible one.
    package static func - (time: Timestamp, duration: Duration) -> Timestamp {
        let (difference, overflow) = time.microseconds.subtractingReportingOverflow(duration.wholeMicroseconds)
        return Timestamp(microseconds: overflow ? (duration < .zero ? .max : .min) : difference)
    }

    /// The duration between two times, negative where `right` is the later one.
    package static func - (left: Timestamp, right: Timestamp) -> Duration {
        let (difference, overflow) = left.microseconds.subtractingReportingOverflow(right.microseconds)
        return .microseconds(overflow ? (left < right ? .min : .max) : difference)
    }
}

extension Duration {
    /// Whole microseconds, rounded towards zero, within 64 bits.
    package var wholeMicroseconds: Int64 {
        Int64(clamping: attoseconds / 1_000_000_000_000)
    }
}

/// A time as calendar date and time of day, in UTC.
struct UTCMoment {
    let date: CivilDate
    let hour: Int
    let minute: Int
    let second: Int
    let microsecond: Int
    /// 0 is Sunday.
    let weekday: Int

    init(_ time: Timestamp) {
        let seconds = Int(time.seconds)
        microsecond = Int(time.microseconds &- Int64(seconds) &* 1_000_000)
        let days = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
        let secondOfDay = seconds - days * 86_400
        date = CivilDate(daysSince1970: days)
        hour = secondOfDay / 3_600
        minute = secondOfDay / 60 % 60
        second = secondOfDay % 60
        // 1970-01-01 was a Thursday.
        let sinceSunday = (days + 4) % 7
        weekday = sinceSunday < 0 ? sinceSunday + 7 : sinceSunday
    }
}

/// A day of the proleptic Gregorian calendar, which RFC 3339 uses.
package struct CivilDate: Hashable, Sendable {
    package var year: Int
    /// 1–12.
    package var month: Int
    /// 1–31.
    package var day: Int

    /// Nil for a date that does not exist, such as 29 February outside leap years.
    package init?(year: Int, month: Int, day: Int) {
        guard (0...9999).contains(year), (1...12).contains(month), day >= 1,
            day <= Self.days(inMonth: month, of: year)
        else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// The date a number of days after 1970-01-01.
    ///
    /// Years are counted from 1 March: the leap day is then the last day, and one formula gives the lengths of the months.
    package init(daysSince1970 days: Int) {
        let sinceMarch0000 = days + Self.daysFromMarch0000To1970
        // 400 years have 146,097 days. Division rounds down, also for earlier dates.
        let era = (sinceMarch0000 >= 0 ? sinceMarch0000 : sinceMarch0000 - 146_096) / 146_097
        let dayOfEra = sinceMarch0000 - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Days from 1970-01-01 to this date, negative before it.
    package var daysSince1970: Int {
        let marchYear = month <= 2 ? year - 1 : year
        let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
        let yearOfEra = marchYear - era * 400
        let monthFromMarch = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - Self.daysFromMarch0000To1970
    }

    private static let daysFromMarch0000To1970 = 719_468

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
