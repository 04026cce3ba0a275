/// A moment taken apart into calendar date and time of day, UTC.
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
