import TestSupport
import Testing

@testable import Events

@Suite("Retries of deliveries")
struct RetryScheduleTests {
    @Test("pauses grow from 5 seconds to a day, with full jitter, and end after three days")
    func pauses() throws {
        let schedule = RetrySchedule()
        var random = SeededGenerator(seed: 7)
        for attempts in 1...200 {
            let bound = min(Duration.seconds(86_400), .seconds(5) * (1 << min(attempts - 1, 30)))
            var longest = Duration.zero
            var shortest = Duration.seconds(86_400)
            for _ in 0..<200 {
                let pause = try #require(
                    schedule.pause(afterAttempts: attempts, age: .zero, random: .random(in: 0..<1, using: &random)))
                #expect(pause <= bound && pause >= .milliseconds(250))
                longest = max(longest, pause)
                shortest = min(shortest, pause)
            }
            // Full jitter: the whole range is used.
            #expect(longest > bound * 0.9 && shortest < bound * 0.1 + .milliseconds(250))
        }
        #expect(schedule.pause(afterAttempts: 1, age: .seconds(3 * 86_400), random: 0.5) == nil)
        #expect(schedule.pause(afterAttempts: 30, age: .seconds(3 * 86_400 - 1), random: 0.9) == .seconds(1))
        #expect(schedule.pause(afterAttempts: .max, age: .zero, random: 1) == .seconds(86_400))
        #expect(schedule.pause(afterAttempts: .min, age: .zero, random: -1) == .milliseconds(250))
    }

    @Test("a target's own wish is followed, up to a day")
    func wish() {
        let schedule = RetrySchedule()
        #expect(schedule.pause(afterAttempts: 1, age: .zero, retryAfter: .seconds(120), random: 0.5) == .seconds(120))
        #expect(schedule.pause(afterAttempts: 1, age: .zero, retryAfter: .seconds(1_000_000), random: 0.5) == .seconds(86_400))
        #expect(schedule.pause(afterAttempts: 1, age: .zero, retryAfter: .zero, random: 0.5) == .seconds(2.5))
    }

    @Test("a target that fails always is attempted about twenty times in three days")
    func count() {
        let schedule = RetrySchedule()
        var random = SeededGenerator(seed: 3)
        for _ in 0..<500 {
            var age = Duration.zero
            var attempts = 1
            while let pause = schedule.pause(afterAttempts: attempts, age: age, random: .random(in: 0..<1, using: &random)) {
                age += pause
                attempts += 1
            }
            #expect(age >= .seconds(3 * 86_400) && age < .seconds(3 * 86_400 + 1))
            #expect((14...40).contains(attempts))
        }
    }
}

@Suite("Claims whose answers are lost")
struct ClaimDoubtTests {
    @Test("a worker looks at once, and then after pauses that double, for nine minutes")
    func looks() throws {
        var doubt = ClaimDoubt()
        #expect(!doubt.looks(at: .max))
        doubt.began(at: 5)
        var times: [UInt64] = []
        while let next = doubt.next {
            #expect(!doubt.looks(at: next - 1) && doubt.looks(at: next))
            doubt.looked(at: next)
            times.append((next - 5) / 1_000_000_000)
        }
        #expect(times == [0, 1, 3, 7, 15, 31, 63, 127, 255, 511])
        doubt.began(at: 7)
        doubt.looked(at: 7)
        doubt.began(at: 8)
        #expect(doubt.looks(at: 8))
        doubt.looked(at: 8)
        #expect(doubt.next == 1_000_000_008)
    }
}

@Suite("Breaker of a target")
struct TargetBreakerTests {
    @Test("five failures in a row open it; a probe closes it or opens it for longer")
    func phases() {
        var breaker = TargetBreaker()
        for count in 1...4 {
            breaker.failed(at: 0, random: 0)
            #expect(breaker.allowance(of: 9, at: 0) == 9, "after \(count)")
        }
        breaker.succeeded()
        var opened: [Bool] = []
        for _ in 1...5 { opened.append(breaker.failed(at: 0, random: 1)) }
        #expect(opened == [false, false, false, false, true])
        #expect(breaker.phase == .open(until: 1_000_000_000))
        #expect(breaker.allowance(of: 9, at: 999_999_999) == 0)
        #expect(breaker.allowance(of: 9, at: 1_000_000_000) == 1)
        // Answers to what began before do not move it.
        breaker.failed(at: 5, random: 1)
        #expect(breaker.probesAt == 1_000_000_000)
        breaker.began()
        #expect(breaker.allowance(of: 9, at: 2_000_000_000) == 0)
        let opensAgain = breaker.failed(at: 2_000_000_000, random: 1)
        #expect(!opensAgain)
        #expect(breaker.phase == .open(until: 4_000_000_000))
        breaker.began()
        breaker.succeeded()
        #expect(breaker == TargetBreaker())
    }

    @Test("a target that asks for a pause is left alone for it, up to two minutes")
    func retryAfter() {
        for (asked, pause) in [(1, 1), (30, 30), (120, 120), (86_400, 120)] as [(Int64, UInt64)] {
            var breaker = TargetBreaker()
            breaker.failed(at: 7, random: 0, retryAfter: .seconds(asked))
            #expect(breaker.probesAt == 7 + pause * 1_000_000_000)
        }
        var breaker = TargetBreaker()
        breaker.failed(at: 7, random: 0, retryAfter: .zero)
        #expect(breaker.phase == .closed)
    }

    @Test("the pause never exceeds two minutes")
    func longest() {
        var breaker = TargetBreaker()
        var now: UInt64 = 0
        for _ in 1...5 { breaker.failed(at: now, random: 1) }
        for _ in 1...100 {
            let until = breaker.probesAt ?? 0
            #expect(until > now && until - now <= 120_000_000_000)
            now = until
            breaker.began()
            breaker.failed(at: now, random: .random(in: 0..<1))
        }
    }
}
