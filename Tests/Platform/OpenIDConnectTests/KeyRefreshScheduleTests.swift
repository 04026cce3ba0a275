import Testing

@testable import OpenIDConnect

@Suite("When keys are fetched")
struct KeyRefreshScheduleTests {
    private static let second: UInt64 = 1_000_000_000
    private static let start: UInt64 = 100 * second

    private func schedule() -> KeyRefreshSchedule { KeyRefreshSchedule(interval: .seconds(60), lifetime: .seconds(3_600)) }

    /// At which seconds an attempt is made if a token asks for one each second, and none is due by itself.
    private func attempts(_ schedule: KeyRefreshSchedule, seconds: UInt64, succeeds: (UInt64) -> Bool) -> [UInt64] {
        var schedule = schedule
        return (0..<seconds).filter { second in
            let now = Self.start + second * Self.second
            guard schedule.allowsAttempt(at: now) else { return false }
            schedule.began(at: now)
            if succeeds(second) { schedule.succeeded(at: now, maximumAge: nil) } else { schedule.failed(at: now) }
            return true
        }
    }

    @Test("with keys, tokens cause one attempt a minute, whether it succeeds or not")
    func interval() {
        var schedule = schedule()
        schedule.began(at: Self.start)
        schedule.succeeded(at: Self.start, maximumAge: nil)
        #expect(attempts(schedule, seconds: 300) { _ in true } == [60, 120, 180, 240])
        #expect(attempts(schedule, seconds: 300) { _ in false } == [60, 120, 180, 240])
        #expect(attempts(schedule, seconds: 300) { $0 == 120 } == [60, 120, 180, 240])
    }

    @Test("without keys, the wait doubles up to the interval")
    func backoff() {
        #expect(attempts(schedule(), seconds: 250) { _ in false } == [0, 1, 3, 7, 15, 31, 63, 123, 183, 243])
        // With the first success the interval holds.
        #expect(attempts(schedule(), seconds: 100) { $0 >= 3 } == [0, 1, 3, 63])
    }

    @Test("keys are fetched before they are too old, and not more often than the interval allows")
    func due() {
        var schedule = schedule()
        #expect(schedule.due == 0)
        for (maximumAge, seconds) in [
            (nil, 2_880), (0, 60), (59, 60), (60, 60), (75, 60), (100, 80), (1_000, 800), (3_600, 2_880), (86_400, 2_880),
            (999_999_999, 2_880),
        ] as [(Int64?, UInt64)] {
            schedule.began(at: Self.start)
            schedule.succeeded(at: Self.start, maximumAge: maximumAge.map { .seconds($0) })
            #expect(schedule.due == Self.start + seconds * Self.second, "\(maximumAge ?? -1)")
        }
        schedule.began(at: Self.start)
        schedule.failed(at: Self.start)
        #expect(schedule.due == Self.start + 60 * Self.second)
    }

    @Test("times at the end of the clock do not overflow")
    func extremes() {
        var schedule = KeyRefreshSchedule(interval: .seconds(Int64.max), lifetime: .zero)
        schedule.began(at: .max)
        schedule.succeeded(at: .max, maximumAge: .seconds(Int64.max))
        #expect(schedule.due == .max)
        for _ in 0..<100 { schedule.failed(at: .max) }
        #expect(schedule.due == .max && schedule.allowsAttempt(at: .max))
    }
}
