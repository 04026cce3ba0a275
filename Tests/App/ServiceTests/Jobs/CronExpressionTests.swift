import Formats
import TestSupport
import Testing

@testable import Service

@Suite("Cron expressions")
struct CronExpressionTests {
    /// A second implementation: it splits the text again, and looks at every minute in turn.
    private struct BruteForce {
        /// For each field, whether a value is meant.
        let sets: [[Bool]]
        let isDayRestricted: Bool
        let isWeekdayRestricted: Bool

        private static let bounds = [0...59, 0...23, 1...31, 1...12, 0...6]
        private static let names = [
            "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11,
            "dec": 12, "sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6,
        ]

        init(_ text: String) {
            sets = zip(text.split(separator: " "), Self.bounds).map { field, bounds in
                var values = [Bool](repeating: false, count: bounds.upperBound + 1)
                for item in field.split(separator: ",") {
                    let halves = item.split(separator: "/")
                    let ends = halves[0].split(separator: "-").map { Self.names[$0.lowercased()] ?? Int($0) ?? -1 }
                    let low = halves[0] == "*" ? bounds.lowerBound : ends[0]
                    let high = halves[0] == "*" ? bounds.upperBound : ends[ends.count - 1]
                    let step = halves.count == 2 ? Int(halves[1]) ?? 1 : 1
                    for value in low...high where (value - low) % step == 0 {
                        values[bounds.upperBound == 6 ? value % 7 : value] = true
                    }
                }
                return values
            }
            isDayRestricted = sets[2].dropFirst().contains(false)
            isWeekdayRestricted = sets[4].contains(false)
        }

        /// The first of the next `limit` minutes that matches; nil without one.
        func next(after time: Timestamp, limit: Int) -> Timestamp? {
            var minute = Int(time.seconds) / 60 + 1
            for _ in 0..<limit {
                guard sets[0][minute % 60], sets[1][minute / 60 % 24] else {
                    minute += 1
                    continue
                }
                let day = minute / 1_440
                let date = CivilDate(daysSince1970: day)
                let isDay = sets[2][date.day]
                let isWeekday = sets[4][(day + 4) % 7]
                let isDate = isDayRestricted && isWeekdayRestricted ? isDay || isWeekday : isDay && isWeekday
                if isDate, sets[3][date.month] {
                    return Timestamp(seconds: Int64(minute) * 60)
                }
                minute += 1
            }
            return nil
        }
    }

    private static func field(
        _ bounds: ClosedRange<Int>, names: [String] = [], firstName: Int = 0, using random: inout SeededGenerator
    ) -> String {
        func value(_ number: Int) -> String {
            let index = number - firstName
            return names.indices.contains(index) && Bool.random(using: &random)
                ? (Bool.random(using: &random) ? names[index] : names[index].uppercased()) : String(number)
        }
        func item() -> String {
            let low = Int.random(in: bounds, using: &random), high = Int.random(in: low...bounds.upperBound, using: &random)
            let step = Int.random(in: 1...max(1, bounds.upperBound / 2), using: &random)
            return switch Int.random(in: 0..<4, using: &random) {
            case 0: "\(value(low))-\(value(high))"
            case 1: "*/\(step)"
            case 2: "\(value(low))-\(value(high))/\(step)"
            default: value(low)
            }
        }
        if Int.random(in: 0..<3, using: &random) == 0 { return "*" }
        return (0..<Int.random(in: 1...3, using: &random)).map { _ in item() }.joined(separator: ",")
    }

    @Test("The next time is that of a search through every minute, for thousands of expressions")
    func search() throws {
        var random = SeededGenerator(seed: 13)
        let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        let weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
        var found = 0, impossible = 0
        for _ in 0..<3_000 {
            let text = [
                Self.field(0...59, using: &random), Self.field(0...23, using: &random), Self.field(1...31, using: &random),
                Self.field(1...12, names: months, firstName: 1, using: &random),
                Self.field(0...7, names: weekdays, using: &random),
            ].joined(separator: " ")
            // 1990 to 2060.
            let time = Timestamp(microseconds: .random(in: 631_152_000_000_000...2_840_140_800_000_000, using: &random))
            guard let expression = try? CronExpression(text) else {
                // 30 February and the like.
                #expect(BruteForce(text).next(after: time, limit: 600_000) == nil, "\(text)")
                impossible += 1
                continue
            }
            let next = expression.next(after: time)
            let limit = 50_000
            if let expected = BruteForce(text).next(after: time, limit: limit) {
                #expect(next == expected, "\(text) after \(time)")
                found += 1
            } else {
                #expect(next - time > .seconds(60 * (limit - 1)), "\(text) after \(time)")
                #expect(BruteForce(text).next(after: next - .seconds(1), limit: 1) == next, "\(text) after \(time)")
            }
        }
        #expect(found > 1_500 && impossible > 0, "\(found) and \(impossible)")
    }

    @Test(
        "Times are as crontab(5) says",
        arguments: [
            ("* * * * *", "2026-11-29T02:03:04Z", "2026-11-29T02:04:00Z"),
            ("*/15 * * * *", "2026-11-29T02:45:00Z", "2026-11-29T03:00:00Z"),
            ("0 3 * * *", "2026-11-29T03:00:00Z", "2026-11-30T03:00:00Z"),
            ("59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z"),
            ("0 0 29 feb *", "2097-01-01T00:00:00Z", "2104-02-29T00:00:00Z"),
            ("30 4 * * MON-FRI", "2026-11-27T05:00:00Z", "2026-11-30T04:30:00Z"),
            ("0 0 * * 7", "2026-11-29T00:00:00Z", "2026-12-06T00:00:00Z"),
            // Both are restricted: either will do.
            ("0 0 13 * fri", "2026-11-10T00:00:00Z", "2026-11-13T00:00:00Z"),
            ("0 0 13 * fri", "2026-11-13T00:00:00Z", "2026-11-20T00:00:00Z"),
            ("0 12 1-7 jan,jul *", "2026-01-07T12:00:00Z", "2026-07-01T12:00:00Z"),
            ("0 0 1 1 *", "1969-06-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ])
    func examples(text: String, time: String, next: String) throws {
        let after = try #require(Timestamp(rfc3339: time)), expected = try #require(Timestamp(rfc3339: next))
        #expect(try CronExpression(text).next(after: after) == expected)
    }

    @Test(
        "An error says in one line what is wrong",
        arguments: [
            ("", "has 0 fields"), ("* * * *", "has 4 fields"), ("* * * * * *", "has 6 fields"), ("60 * * * *", "\"60\""),
            ("* 24 * * *", "from 0 to 23"), ("* * 0 * *", "from 1 to 31"), ("* * * 13 *", "from 1 to 12"), ("* * * * 8", "\"8\""),
            ("5/2 * * * *", "step without a range"), ("*/0 * * * *", "not from 1 to 59"), ("*/ * * * *", "not from"),
            ("5-1 * * * *", "ends before"), ("1, * * * *", "\"\""), ("-1 * * * *", "\"\""), ("1- * * * *", "\"\""),
            ("+1 * * * *", "+1"), ("mon * * * *", "mon"), ("* * * mon *", "mon"), ("* * * * mond", "mond"),
            ("0 0 30 2 *", "never occurs"), ("0 0 31 apr,jun *", "never occurs"),
            ("999999999999999999999 * * * *", "needs a value"),
            ("1-2-3 * * * *", "2-3"), ("١ * * * *", "needs a value"),
        ])
    func faults(text: String, problem: String) {
        let error = #expect(throws: CronError.self) { try CronExpression(text) }
        #expect(error?.description.contains(problem) == true, "\(error?.description ?? "")")
    }

    @Test("Extreme times do not trap")
    func extremes() throws {
        let expression = try CronExpression("0 0 29 2 *")
        for microseconds in [Int64.min, .min + 1, -1, 0, 1, .max - 1, .max] {
            _ = expression.next(after: Timestamp(microseconds: microseconds))
        }
    }
}

@Suite("Schedules of jobs")
struct JobScheduleTests {
    @Test("The next time is later than the run and now, and a multiple of the interval away from the last: thousands of them")
    func intervals() {
        var random = SeededGenerator(seed: 14)
        for _ in 0..<5_000 {
            let interval = Int64.random(in: 1_000...10_000_000_000, using: &random)
            let due = Timestamp(microseconds: .random(in: 0...4_000_000_000_000_000, using: &random))
            let now = due + .microseconds(Int64.random(in: -interval...interval * 20, using: &random))
            let next = JobSchedule.every(.microseconds(interval)).next(after: due, now: now)
            #expect(next > now && next > due)
            #expect((next - due).wholeMicroseconds % interval == 0)
            // No time in between is passed over.
            #expect(next - .microseconds(interval) <= max(now, due))
        }
    }

    @Test("Extreme intervals and times do not trap")
    func extremes() {
        let times = [Int64.min, -1, 0, 1, .max].map { Timestamp(microseconds: $0) }
        for interval in [Duration.zero, .seconds(-5), .nanoseconds(1), .seconds(Int64.max), .milliseconds(1)] {
            for due in times {
                for now in times {
                    _ = JobSchedule.every(interval).next(after: due, now: now)
                    _ = JobSchedule.every(interval).first(now: now)
                    _ = JobSchedule.every(interval).latest(now: now)
                }
            }
        }
    }

    @Test("A schedule by cron goes on after the later of run and now")
    func cron() throws {
        let schedule = JobSchedule.cron("0 3 * * *")
        let due = try #require(Timestamp(rfc3339: "2026-11-29T03:00:00Z"))
        // The clock may be behind the due time.
        #expect(schedule.next(after: due, now: due - .seconds(5)) == due + .seconds(86_400))
        // Days that were missed are one run.
        #expect(schedule.next(after: due, now: due + .seconds(10 * 86_400 + 60)) == due + .seconds(11 * 86_400))
    }
}
