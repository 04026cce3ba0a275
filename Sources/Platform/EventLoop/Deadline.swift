import CSystem

/// By when the present request must have its answer; every remote call keeps to it.
///
/// Task-local, so that it reaches the clients below without passing through every signature.
package struct Deadline: Sendable, Comparable {
    /// Nanoseconds of the monotonic clock.
    package let instant: UInt64

    package init(instant: UInt64) { self.instant = instant }

    /// So much from now.
    package static func after(_ duration: Duration) -> Deadline {
        let (instant, overflow) = csystem_monotonic().addingReportingOverflow(duration.nanosecondsClamped)
        return Deadline(instant: overflow ? .max : instant)
    }

    /// That of the task that asks, if it has one.
    @TaskLocal package static var current: Deadline?

    /// What is left of it at `now` (nanoseconds of the monotonic clock); zero once it has passed.
    package func remaining(at now: UInt64) -> Duration {
        .nanoseconds(Int64(clamping: instant > now ? instant - now : 0))
    }

    package static func < (left: Deadline, right: Deadline) -> Bool { left.instant < right.instant }
}
