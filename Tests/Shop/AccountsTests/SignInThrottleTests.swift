import Formats
import Testing

@testable import Accounts

/// How long failed sign-ins delay the next one.
@Suite("Throttled sign-ins")
struct SignInThrottleTests {
    private typealias Failures = SignInThrottle.Failures

    private func wait(_ own: Int, age: Duration = .zero, all: Int = 0, isKnown: Bool = false) -> Duration {
        SignInThrottle.wait(
            client: Failures(count: own, age: age), all: Failures(count: all, age: age), isKnown: isKnown)
    }

    @Test("the first five are free, then each wait is twice as long, up to a quarter of an hour")
    func ownFailures() {
        for count in 0..<5 { #expect(wait(count) == .zero) }
        #expect((5...8).map { wait($0) } == [.seconds(1), .seconds(2), .seconds(4), .seconds(8)])
        for count in [15, 20, 60, 1_000_000, Int.max] { #expect(wait(count) == .seconds(900)) }
        #expect(wait(6, age: .milliseconds(1_500)) == .milliseconds(500))
        #expect(wait(6, age: .seconds(2)) == .zero)
        #expect(wait(1_000, age: SignInThrottle.memory) == .zero)
        #expect(SignInThrottle.wait(client: nil, all: nil, isKnown: false) == .zero)
        // A clock that was set back.
        #expect(wait(6, age: .seconds(-10)) == .seconds(2))
    }

    @Test("failures from elsewhere never delay a client that the person has signed in from")
    func failuresOfAll() {
        #expect(wait(0, all: 49) == .zero)
        #expect(wait(0, all: 50) == .seconds(1) && wait(0, all: 60) == .seconds(1_024))
        #expect(wait(0, all: 1_000_000) == .seconds(3_600))
        for all in [0, 50, 1_000, 1_000_000] {
            #expect(wait(0, all: all, isKnown: true) == .zero)
            #expect(wait(6, all: all, isKnown: true) == .seconds(2))
        }
    }

    @Test("the failures that count are those of the client, and everyone's where the person has never been")
    func counted() {
        func count(_ own: Failures?, _ all: Failures?, isKnown: Bool) -> Int {
            SignInThrottle.failures(client: own, all: all, isKnown: isKnown)
        }
        let (two, nine) = (Failures(count: 2, age: .seconds(1)), Failures(count: 9, age: .seconds(1)))
        #expect(count(nil, nil, isKnown: false) == 0)
        #expect(count(two, nine, isKnown: false) == 9 && count(two, nine, isKnown: true) == 2)
        #expect(count(nil, nine, isKnown: true) == 0 && count(nine, two, isKnown: true) == 9)
        let old = Failures(count: 9, age: SignInThrottle.memory)
        #expect(count(old, old, isKnown: false) == 0 && count(two, old, isKnown: false) == 2)
    }
}
