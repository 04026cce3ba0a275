import Testing

@testable import PostgresClient

/// The smaller rules, as values.
@Suite struct RuleTests {
    @Test func backoffGrowsToItsCapAndHasFullJitter() {
        let backoff = Backoff(base: 100, cap: 1_500)
        #expect((1...6).map { backoff.wait(after: $0, random: 1) } == [100, 200, 400, 800, 1_500, 1_500])
        #expect(backoff.wait(after: .max, random: 1) == 1_500)
        #expect(backoff.wait(after: 3, random: 0) == 0)
        #expect(backoff.wait(after: 3, random: 0.5) == 200)
        #expect(Backoff().cap < 1_000_000_000)
    }

    @Test func aReadIsRetriedOnceForEachCauseAndNeverForItsOwnFault() {
        var rule = ReadRetryRule()
        #expect(rule.ended(.skipped) == .sendAlone)
        #expect(rule.ended(.lost) == .sendAfterLoss)
        #expect(rule.ended(.failed(isStalePlan: true)) == .sendAlone)
        for end in [ReadRetryRule.End.skipped, .lost, .failed(isStalePlan: true)] { #expect(rule.ended(end) == .fail) }
        #expect(rule.ended(.rows) == .deliver)
        // Sent alone it has no neighbours: the session ended, which is a loss.
        var ended = ReadRetryRule()
        #expect(ended.ended(.skipped) == .sendAlone)
        #expect(ended.ended(.skipped) == .sendAfterLoss)
        #expect(ended.ended(.skipped) == .fail)
        var own = ReadRetryRule()
        #expect(own.ended(.failed(isStalePlan: false)) == .fail)
    }

    @Test func aCommitIsUnknownUnlessAnAnswerShowsThatItFailed() {
        for commit in [CommitOutcomeRule.Commit.explicit, .implicit] {
            var rule = CommitOutcomeRule(commit, statements: 2)
            #expect(rule.isOutcomeUnknown)
            rule.sessionEnded(at: 2)
            #expect(rule.isOutcomeUnknown)
            rule.sessionEnded(at: 1)
            #expect(!rule.isOutcomeUnknown)
            var refused = CommitOutcomeRule(commit, statements: 2)
            refused.refused()
            #expect(!refused.isOutcomeUnknown)
        }
        #expect(!CommitOutcomeRule(.none, statements: 2).isOutcomeUnknown)
    }

    @Test func silenceIsSuspectedThenPingedThenAnOutage() {
        var detector = LivenessDetector(suspicion: 100, pingTimeout: 10)
        #expect(detector.look(now: 1_000, waitingSince: nil, lastHeard: 0) == .none)
        #expect(detector.look(now: 1_099, waitingSince: 1_000, lastHeard: 0) == .none)
        // Other connections had answers since, so one statement is merely slow.
        #expect(detector.look(now: 1_200, waitingSince: 1_000, lastHeard: 1_150) == .none)
        #expect(detector.nextLook(waitingSince: 1_000, lastHeard: 1_150) == 1_250)
        #expect(detector.look(now: 1_250, waitingSince: 1_000, lastHeard: 1_150) == .ping)
        #expect(detector.look(now: 1_259, waitingSince: 1_000, lastHeard: 1_150) == .none)
        #expect(detector.look(now: 1_260, waitingSince: 1_000, lastHeard: 1_150) == .hung)
        #expect(detector.look(now: 9_000, waitingSince: 1_000, lastHeard: 1_150) == .none)
        #expect(detector.look(now: 9_001, waitingSince: nil, lastHeard: 9_001) == .recovered)
        #expect(detector.isCalm)
    }

    @Test func anAnsweredPingEndsTheSuspicion() {
        var detector = LivenessDetector(suspicion: 100, pingTimeout: 10)
        #expect(detector.look(now: 200, waitingSince: 100, lastHeard: 0) == .ping)
        #expect(detector.look(now: 201, waitingSince: 100, lastHeard: 201) == .none)
        #expect(detector.isCalm)
    }

    @Test func statementsAreCachedByTextAndTypesAndTheLeastRecentIsEvicted() {
        var cache = StatementCache(capacity: 2)
        let first = cache.use("SELECT \(1)")
        #expect(first == .init(name: 1, isNew: true, evicted: nil))
        #expect(cache.use("SELECT \(99)") == .init(name: 1, isNew: false, evicted: nil))
        #expect(cache.use("SELECT \("text")") == .init(name: 2, isNew: true, evicted: nil))
        #expect(cache.use("SELECT \(1)") == .init(name: 1, isNew: false, evicted: nil))
        #expect(cache.use("SELECT 3") == .init(name: 3, isNew: true, evicted: 2))
        cache.forget(1)
        cache.forget(1)
        #expect(cache.use("SELECT \(1)") == .init(name: 4, isNew: true, evicted: nil))
        #expect(cache.count == 2)
    }

    @Test func interpolationBecomesNumberedParameters() {
        let query: PostgresQuery = "SELECT \(unescaped: "name") FROM t WHERE a = \(1) AND b = \("x'; --") AND c = \(nil as Bool?)"
        #expect(query.sql == "SELECT name FROM t WHERE a = $1 AND b = $2 AND c = $3")
        #expect(query.parameters.list.map(\.type) == [20, 25, 16])
        #expect(query.parameters.list.map(\.length) == [8, 6, -1])
    }

    @Test func piecesAreRenumberedExceptInQuotes() {
        var query: PostgresQuery = "SELECT * FROM t WHERE a = \(1)"
        query.append(" AND b = \(2) AND c <> '$1' AND \"$1\" = \(3) AND d = '\u{2019}$9'")
        let condition: PostgresQuery = "x = \(4)"
        query.append(" OR (\(condition))")
        #expect(
            query.sql == "SELECT * FROM t WHERE a = $1 AND b = $2 AND c <> '$1' AND \"$1\" = $3 AND d = '\u{2019}$9' OR (x = $4)")
        #expect(query.parameters.list.count == 4)
    }

    @Test func moreParametersThanTheProtocolHasAreRefused() {
        var query: PostgresQuery = ""
        let many = (0..<70_000).reduce(into: "" as PostgresQuery) { query, _ in query.append("\(true)") }
        query.append(many)
        #expect(query.isInvalid)
    }
}
