import Testing

@testable import Catalog

@Suite("Observed version") struct ObservedVersionTests {
    private static let second: UInt64 = 1_000_000_000

    @Test("before the first look nothing is trusted, and while PostgreSQL tells of changes the version is") func listening() {
        var version = ObservedVersion()
        #expect(version.number == 0 && !version.isTrusted(at: 0))
        version.listens(at: 4)
        #expect(version.number == 4 && version.isTrusted(at: .max - 1))
        version.listeningEnded()
        #expect(version.number == 4 && !version.isTrusted(at: 0))
    }

    @Test("a look is trusted for a second from its beginning") func looks() {
        var version = ObservedVersion()
        version.seen(5, at: 10 * Self.second)
        #expect(version.number == 5)
        #expect(version.isTrusted(at: 11 * Self.second - 1) && !version.isTrusted(at: 11 * Self.second))
        // An older look, whose answer comes later, does not shorten that.
        version.seen(5, at: 9 * Self.second)
        #expect(version.isTrusted(at: 11 * Self.second - 1) && !version.isTrusted(at: 11 * Self.second))
        version.seen(6, at: .max)
        #expect(version.number == 6 && version.isTrusted(at: .max - 1))
    }

    @Test("a look does not end the trust of a listener") func looksWhileListening() {
        var version = ObservedVersion()
        version.listens(at: 1)
        version.seen(2, at: 0)
        #expect(version.number == 2 && version.isTrusted(at: 100 * Self.second))
    }
}
