import CSystem

/// The time by which the current request needs its response. Every remote call ends by then.
///
/// It is task-local, so it reaches the database and cache clients without a parameter in every signature.
package struct Deadline: Sendable, Comparable {
    /// Nanoseconds of the monotonic clock.
    package let instant: UInt64

    package init(instant: UInt64) { self.instant = instant }

    /// A deadline that lies `duration` from now.
    package static func after(_ duration: Duration) -> Deadline {
        Deadline(instant: csystem_monotonic().adding(duration.nanosecondsClamped))
    }

    /// The deadline of the current task, if it has one.
    @TaskLocal package static var current: Deadline?

    /// The time left at `now` (nanoseconds of the monotonic clock); zero once the deadline has passed.
    package func remaining(at now: UInt64) -> Duration {
        .nanoseconds(Int64(clamping: instant > now ? instant - now : 0))
    }

    package static func < (left: Deadline, right: Deadline) -> Bool { left.instant < right.instant }
}

/// The task's ``Deadline`` passed before the result arrived.
package struct DeadlineExceededError: Error {
    package init() {}
}
