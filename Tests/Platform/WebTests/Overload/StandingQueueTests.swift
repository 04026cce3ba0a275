import Testing

@testable import Web

@Suite struct StandingQueueTests {
    /// For calls that mutate a value, which `#expect` does not accept.
    private static func check(_ holds: Bool, _ location: SourceLocation = #_sourceLocation) {
        #expect(holds, sourceLocation: location)
    }

    private static let ms: UInt64 = 1_000_000

    @Test func aQueueThatEmptiesNowAndThenHasTheLongTimeout() {
        var queue = StandingQueue(timeout: 500 * Self.ms, standingTimeout: 20 * Self.ms)
        for time in stride(from: UInt64(0), to: 5_000, by: 400) {
            queue.update(isEmpty: true, at: time * Self.ms)
            queue.update(isEmpty: false, at: (time + 399) * Self.ms)
            #expect(queue.timeout(work: 0) == 500 * Self.ms)
        }
    }

    @Test func aQueueThatNeverEmptiesIsStandingUntilMostRequestsNeedNotWait() {
        var queue = StandingQueue(timeout: 500 * Self.ms, standingTimeout: 20 * Self.ms)
        for time in stride(from: UInt64(10), to: 700, by: 10) { queue.update(isEmpty: false, at: time * Self.ms) }
        #expect(queue.isStanding && queue.timeout(work: 0) == 20 * Self.ms)
        // With slow work, none would otherwise be left when a place becomes free.
        #expect(queue.timeout(work: 80 * Self.ms) == 80 * Self.ms)
        #expect(queue.timeout(work: 900 * Self.ms) == 500 * Self.ms)
        // Refusals empty the queue, which is no sign of recovery.
        for time in stride(from: UInt64(700), to: 3_000, by: 10) {
            queue.arrived(waits: time % 30 != 0, at: time * Self.ms)
            queue.update(isEmpty: time % 40 == 0, at: time * Self.ms)
            #expect(queue.isStanding)
        }
        for time in stride(from: UInt64(3_000), to: 3_300, by: 10) { queue.arrived(waits: time % 30 == 0, at: time * Self.ms) }
        #expect(!queue.isStanding)
        queue.update(isEmpty: false, at: 3_400 * Self.ms)
        #expect(queue.timeout(work: 0) == 500 * Self.ms)
    }

    @Test func oneLongTurnIsNoOverload() {
        var pressure = LoopPressure(target: 20 * Self.ms)
        Self.check(!pressure.isTooMuch(at: 1_090 * Self.ms, turn: 1_000 * Self.ms))
        Self.check(!pressure.isTooMuch(at: 1_101 * Self.ms, turn: 1_100 * Self.ms))
        Self.check(!pressure.isTooMuch(at: 1_190 * Self.ms, turn: 1_102 * Self.ms))
    }

    @Test func turnsThatAreAllTooLongAreOverload() {
        var pressure = LoopPressure(target: 20 * Self.ms)
        var turn = 1_000 * Self.ms
        var refused = 0
        for _ in 0..<20 {
            // Work that begins early in a turn is still admitted.
            Self.check(!pressure.isTooMuch(at: turn + 5 * Self.ms, turn: turn))
            if pressure.isTooMuch(at: turn + 40 * Self.ms, turn: turn) { refused += 1 }
            turn += 45 * Self.ms
        }
        #expect(refused >= 15)
        // After a quiet second the overload is over.
        Self.check(!pressure.isTooMuch(at: turn + 1_040 * Self.ms, turn: turn + 1_000 * Self.ms))
    }
}
