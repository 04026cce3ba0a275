import Testing

@testable import EventLoop

@Suite struct TimerQueueTests {
    @Test func dueTimersComeInTheOrderOfTheirDeadlinesAndThenOfTheirSetting() async throws {
        try await onLoop { loop in
            var queue = TimerQueue()
            let journal = Journal()
            for (number, deadline) in [30, 10, 20, 10].enumerated() {
                queue.insert(LoopTimer(deadline: UInt64(deadline), loop: loop) { journal.add(number) })
            }
            #expect(queue.earliest == 10)
            for timer in queue.popDue(at: 20) { timer.take()?() }
            #expect(journal.all == [1, 3, 2])
            #expect(queue.earliest == 30)
        }
    }

    @Test func aCancelledTimerIsNotDueAndManyAreDropped() async throws {
        try await onLoop { loop in
            let timers = (0..<1_000).map { number in loop.schedule(after: .seconds(3_600 + number)) {} }
            for timer in timers { timer.cancel() }
            #expect(timers.allSatisfy { !$0.isPending })
            var queue = TimerQueue()
            for timer in timers { queue.insert(timer) }
            for _ in timers { queue.noteCancelled() }
            #expect(queue.count < 300)
            let due = queue.popDue(at: .max)
            #expect(due.isEmpty)
        }
    }
}
