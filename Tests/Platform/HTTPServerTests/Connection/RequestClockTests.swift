import Testing

@testable import HTTPServer

@Suite struct RequestClockTests {
    private static let second: UInt64 = 1_000_000_000
    private static let timeouts = ConnectionTimeouts(ServerConfiguration())

    private func overdue(
        _ clock: RequestClock, _ seconds: UInt64, hasServed: Bool = false, finishBegan: UInt64? = nil
    ) -> RequestParser.Phase? {
        let finishBegan = finishBegan.map { $0 * Self.second }
        return clock.overdue(at: seconds * Self.second, hasServed: hasServed, finishBegan: finishBegan, Self.timeouts)
    }

    @Test func anIdleConnectionIsOverdueAfterItsIdleTime() {
        var clock = RequestClock(acceptedAt: Self.second)
        #expect(overdue(clock, 10) == nil)
        #expect(overdue(clock, 11) == .idle, "a new connection has the time of a head")
        #expect(overdue(clock, 75, hasServed: true) == nil)
        #expect(overdue(clock, 76, hasServed: true) == .idle)
        clock.becomeIdle(at: 70 * Self.second)
        #expect(overdue(clock, 144, hasServed: true) == nil)
        #expect(overdue(clock, 3, finishBegan: 2) == nil)
        #expect(overdue(clock, 71, finishBegan: 70) == .idle, "a shutdown does not wait for new connections")
    }

    @Test func theFirstHeadIsMeasuredFromTheStartOfTheConnection() {
        var first = RequestClock(acceptedAt: Self.second)
        first.note(.head, isFirst: true, at: 8 * Self.second)
        #expect(overdue(first, 10) == nil)
        #expect(overdue(first, 11) == .head)
        var second = RequestClock(acceptedAt: Self.second)
        second.note(.head, isFirst: false, at: 8 * Self.second)
        #expect(overdue(second, 17, hasServed: true) == nil)
        #expect(overdue(second, 18, hasServed: true) == .head)
        #expect(overdue(second, 12, hasServed: true, finishBegan: 10) == .head, "a shutdown waits for a moment only")
    }

    @Test func aBodyIsOverdueByItsTimeAndByItsRate() {
        var clock = RequestClock(acceptedAt: Self.second)
        clock.note(.body, isFirst: true, at: 2 * Self.second)
        clock.beginBody(at: 2 * Self.second, timeout: .seconds(20), Self.timeouts)
        #expect(overdue(clock, 6) == nil)
        #expect(overdue(clock, 7) == .body, "no byte in the window of the minimum rate")
        clock.bodyReached(1 << 20, at: 6 * Self.second)
        #expect(overdue(clock, 10) == nil)
        for time in stride(from: UInt64(7), to: 22, by: 1) {
            clock.bodyReached(1 << 20 + Int(time) << 10, at: time * Self.second)
        }
        #expect(overdue(clock, 21) == nil)
        #expect(overdue(clock, 22) == .body, "the body's own time is over")
    }
}
