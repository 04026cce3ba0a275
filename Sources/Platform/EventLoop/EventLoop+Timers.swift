import CSystem

extension EventLoop {
    /// Runs `body` on the loop once `duration` has passed. On the loop.
    ///
    /// For a deadline that moves with every request, keep one timer and let it look, when it fires, whether
    /// it is due by now: setting a timer costs a heap insertion, moving a number costs nothing.
    @discardableResult
    package func schedule(after duration: Duration, _ body: @escaping () -> Void) -> LoopTimer {
        // The clock anew: `now` may lie as far back as the turn is long.
        let (deadline, overflow) = csystem_monotonic().addingReportingOverflow(duration.nanosecondsClamped)
        return schedule(at: overflow ? .max : deadline, body)
    }

    /// Runs `body` on the loop at `deadline`, in nanoseconds of the monotonic clock. On the loop.
    @discardableResult
    package func schedule(at deadline: UInt64, _ body: @escaping () -> Void) -> LoopTimer {
        assertInLoop()
        let timer = LoopTimer(deadline: deadline, loop: self, body: body)
        timersSet &+= 1
        timers.insert(TimerEntry(deadline: deadline, order: timersSet, timer: timer))
        armTimer()
        return timer
    }

    /// Drops cancelled timers once they are the greater part of the heap, so that they cost no memory for long.
    func timerCancelled() {
        assertInLoop()
        timersCancelled += 1
        guard timersCancelled > 256, timersCancelled > timers.count / 2 else { return }
        timers = .init(timers.unordered.filter { $0.timer.isPending })
        timersCancelled = 0
    }
}
