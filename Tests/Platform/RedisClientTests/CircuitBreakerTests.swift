import Testing

@testable import RedisClient

/// Random numbers that are the same in every run.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

@Suite struct CircuitBreakerTests {
    private let millisecond: UInt64 = 1_000_000
    private var chance = SeededRandom(state: 1)

    private func settings(threshold: Int = 3) -> CircuitBreakerSettings {
        var settings = CircuitBreakerSettings()
        settings.failureThreshold = threshold
        return settings
    }

    @Test mutating func failuresInARowOpenItAndASuccessResetsTheCount() {
        var breaker = CircuitBreaker(settings())
        breaker.failed(at: 1, using: &chance)
        breaker.failed(at: 2, using: &chance)
        breaker.succeeded()
        breaker.failed(at: 3, using: &chance)
        breaker.failed(at: 4, using: &chance)
        #expect(breaker.admits)
        breaker.failed(at: 5, using: &chance)
        #expect(!breaker.admits)
    }

    @Test mutating func failuresFarApartAreNotInARow() {
        var breaker = CircuitBreaker(settings())
        for number in 0..<100 {
            breaker.failed(at: UInt64(number) * 11_000 * millisecond, using: &chance)
            #expect(breaker.admits)
        }
    }

    @Test mutating func aFailedAttemptToConnectOpensItAtOnce() {
        var breaker = CircuitBreaker(settings())
        breaker.trip(at: 7, using: &chance)
        #expect(!breaker.admits)
    }

    @Test mutating func onlyOneAttemptBeginsAndOnlyAfterThePause() {
        var breaker = CircuitBreaker(settings())
        breaker.trip(at: 0, using: &chance)
        guard case .open(let until) = breaker.state else { return #expect(Bool(false), "it is open") }
        let early = breaker.beginAttempt(at: until - 1)
        #expect(!early)
        let first = breaker.beginAttempt(at: until)
        #expect(first)
        let second = breaker.beginAttempt(at: until)
        #expect(!second)
        #expect(!breaker.admits)
        breaker.attemptSucceeded(at: until + 1)
        #expect(breaker.admits)
    }

    @Test mutating func onProbationOneFailureOpensItAgainAndASuccessEndsTheProbation() {
        var breaker = CircuitBreaker(settings())
        breaker.trip(at: 0, using: &chance)
        let began = breaker.beginAttempt(at: .max / 2)
        #expect(began)
        breaker.attemptSucceeded(at: .max / 2)
        var other = breaker
        breaker.failed(at: .max / 2 + 1, using: &chance)
        #expect(!breaker.admits)
        #expect(breaker.pauses == 2)
        other.succeeded()
        other.failed(at: .max / 2 + 1, using: &chance)
        #expect(other.admits)
        #expect(other.pauses == 0)
    }

    @Test mutating func pausesDoubleUpToTheMaximumAndHaveFullJitter() {
        for ceiling in [100, 200, 400, 750, 750, 750].enumerated() {
            var least = UInt64.max, most: UInt64 = 0
            for seed in 0..<2_000 {
                var breaker = CircuitBreaker(settings())
                chance = SeededRandom(state: UInt64(seed))
                var now: UInt64 = 0
                for _ in 0..<ceiling.offset {
                    breaker.trip(at: now, using: &chance)
                    guard case .open(let until) = breaker.state else { return #expect(Bool(false), "it is open") }
                    now = until
                    let began = breaker.beginAttempt(at: now)
                    #expect(began)
                }
                #expect(breaker.maxNextPause == UInt64(ceiling.element) * millisecond)
                breaker.trip(at: now, using: &chance)
                guard case .open(let until) = breaker.state else { return #expect(Bool(false), "it is open") }
                least = min(least, until - now)
                most = max(most, until - now)
            }
            let range = UInt64(ceiling.element) * millisecond
            #expect(least >= 10 * millisecond)
            #expect(least < 10 * millisecond + range / 10)
            #expect(most <= range)
            #expect(most > range - range / 10)
        }
    }

    /// Against a plain restatement of the rules, over random histories.
    @Test func everyHistoryKeepsTheRules() {
        for seed in 0..<5_000 {
            var chance = SeededRandom(state: UInt64(seed))
            let threshold = Int.random(in: 1...4, using: &chance)
            var breaker = CircuitBreaker(settings(threshold: threshold))
            var now: UInt64 = .random(in: 0...1 << 40, using: &chance)
            var attempts = 0
            for _ in 0..<100 {
                now += .random(in: 0...200 * millisecond, using: &chance)
                let before = breaker
                switch Int.random(in: 0..<6, using: &chance) {
                case 0: breaker.succeeded()
                case 1, 2: breaker.failed(at: now, using: &chance)
                case 3: breaker.trip(at: now, using: &chance)
                case 4: if breaker.beginAttempt(at: now) { attempts += 1 }
                default: breaker.attemptSucceeded(at: now)
                }
                #expect(breaker.failures < threshold)
                switch (before.state, breaker.state) {
                case (.closed, .closed), (.halfOpen, .halfOpen), (.halfOpen, .closed): break
                case (.open(let first), .open(let second)): #expect(first == second)
                case (.open(let until), .halfOpen): #expect(now >= until)
                case (_, .open(let until)):
                    #expect(until >= now + 10 * millisecond)
                    #expect(until <= now + before.maxNextPause || before.pauses > breaker.pauses)
                    #expect(until <= now + 750 * millisecond)
                default: #expect(Bool(false), "from \(before.state) to \(breaker.state)")
                }
            }
        }
    }

    @Test mutating func extremeTimesAndSettingsDoNotTrap() {
        var settings = CircuitBreakerSettings()
        settings.failureThreshold = .min
        settings.firstPause = .seconds(Int64.max)
        settings.maxPause = .seconds(-1)
        settings.minPause = .seconds(Int64.max)
        settings.failureWindow = .seconds(-5)
        var breaker = CircuitBreaker(settings)
        let clocks: [UInt64] = [.max, 0, 1, .max - 1]
        for now in clocks {
            breaker.failed(at: now, using: &chance)
            breaker.trip(at: now, using: &chance)
            _ = breaker.beginAttempt(at: .max)
            breaker.attemptSucceeded(at: now)
            breaker.succeeded()
        }
        for _ in 0..<200 {
            breaker.trip(at: 0, using: &chance)
            _ = breaker.beginAttempt(at: .max)
        }
        #expect(breaker.pauses <= 63)
    }
}
