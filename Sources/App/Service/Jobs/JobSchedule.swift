import Formats

/// When a job is due.
enum JobSchedule: Sendable, Equatable {
    /// Again and again, this long after the time at which it was due before; at least a second.
    case every(Duration)
    /// At the times that a cron expression names, in UTC.
    case cron(CronExpression)

    /// The times of a cron expression in the source code. A wrong one ends the program when the list of jobs is made, so every
    /// test notices.
    static func cron(_ expression: StaticString) -> JobSchedule {
        do { return .cron(try CronExpression(expression.description)) } catch {
            preconditionFailure("the cron expression \"\(expression)\" \(error)")
        }
    }

    /// The time after a run: the first one of the schedule that is later than both `due`, the time of the run, and `now`. So
    /// times that were missed are made up for by one run.
    func next(after due: Timestamp, now: Timestamp) -> Timestamp {
        switch self {
        case .every(let interval):
            let step = Self.microseconds(interval)
            let late = max(0, (now - due).wholeMicroseconds)
            let (distance, overflow) = (late / step + 1).multipliedReportingOverflow(by: step)
            return due + .microseconds(overflow ? .max : distance)
        case .cron(let expression): return expression.next(after: max(due, now))
        }
    }

    /// When a job is due for the first time: soon after the job is known.
    func first(now: Timestamp) -> Timestamp {
        switch self {
        case .every(let interval): now + min(.microseconds(Self.microseconds(interval)), Self.longestFirstDelay)
        case .cron(let expression): expression.next(after: now)
        }
    }

    /// The latest time at which a job that has run before can be due. A row that says a later one was written for another schedule.
    func latest(now: Timestamp) -> Timestamp {
        switch self {
        case .every(let interval): now + .microseconds(Self.microseconds(interval))
        case .cron(let expression): expression.next(after: now)
        }
    }

    private static let longestFirstDelay = Duration.seconds(5)

    private static func microseconds(_ interval: Duration) -> Int64 { max(1_000, interval.wholeMicroseconds) }
}
