import EventLoop
import Testing

@testable import PostgresClient

@Suite struct DeadlineTimerTests {
    @Test func itFiresAtTheEarliestDeadlineAndCanBeArmedAgain() async throws {
        try await onLoop { loop in
            let timer = DeadlineTimer(loop: loop, answerTime: 5_000_000)
            var fired: [UInt64] = []
            timer.fire = { fired.append(loop.now) }
            let start = loop.now
            timer.arm(start + 60_000_000_000)
            timer.arm(start + 20_000_000)
            timer.arm(start + 30_000_000_000)
            let hasFired = try await eventually(loop) { fired.count == 1 }
            #expect(hasFired)
            #expect(fired.first.map { $0 >= start + 20_000_000 && $0 < start + 10_000_000_000 } == true)
            // The later deadlines are the owner's to arm again.
            timer.armForAnswer()
            let hasFiredAgain = try await eventually(loop) { fired.count == 2 }
            #expect(hasFiredAgain)
        }
    }

    @Test func aDeadlineThatHasPassedFiresInALaterTurn() async throws {
        try await onLoop { loop in
            let timer = DeadlineTimer(loop: loop, answerTime: .max)
            var turns: [UInt64] = []
            timer.fire = {
                turns.append(loop.now)
                if turns.count < 3 { timer.arm(0) }
            }
            let start = loop.now
            timer.arm(0)
            let hasFiredThrice = try await eventually(loop) { turns.count == 3 }
            #expect(hasFiredThrice)
            #expect(turns == turns.sorted() && turns.first.map { $0 > start } == true && Set(turns).count == 3)
        }
    }

    @Test func aCancelledTimerDoesNotFire() async throws {
        try await onLoop { loop in
            let timer = DeadlineTimer(loop: loop, answerTime: .max)
            var isFired = false
            timer.fire = { isFired = true }
            timer.arm(loop.now + 5_000_000)
            timer.cancel()
            // A timer without limit is never due.
            timer.armForAnswer()
            try await loop.sleep(for: .milliseconds(50))
            #expect(!isFired)
        }
    }
}
