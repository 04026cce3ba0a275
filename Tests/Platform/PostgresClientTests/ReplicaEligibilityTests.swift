import Testing
import TestSupport

@testable import PostgresClient

/// When a replica may carry reads.
@Suite struct ReplicaEligibilityTests {
    private func rule(maximumLag: UInt64 = 1_000, _ samples: (at: UInt64, end: Int64)...) -> ReplicaEligibility {
        var rule = ReplicaEligibility(maximumLag: maximumLag)
        for sample in samples { rule.history.primaryWas(at: sample.end, now: sample.at) }
        return rule
    }

    private func report(_ replayed: Int64?, mark: Int64 = 0, isReplica: Bool = true) -> ReplicaReport {
        ReplicaReport(isReplica: isReplica, replayed: replayed, mark: mark)
    }

    @Test func aReplicaThatHasReplayedAllIsEligibleHoweverOldTheLastWriteIs() {
        let rule = rule((0, 100), (1_000_000, 100), (9_000_000, 100))
        #expect(rule.verdict(report(100)) == .eligible)
        #expect(rule.verdict(report(101)) == .eligible)
        // Once more is written, the last instant at which the log ended there counts.
        #expect(rule.history.lag(ofReplayUpTo: 100) == 0)
        var later = rule
        later.history.primaryWas(at: 200, now: 9_000_400)
        #expect(later.history.lag(ofReplayUpTo: 100) == 400)
        #expect(later.verdict(report(150)) == .eligible)
        later.history.primaryWas(at: 300, now: 9_002_000)
        #expect(later.verdict(report(100)) == .lagging)
        #expect(later.verdict(report(200)) == .lagging)
        #expect(later.verdict(report(300)) == .eligible)
        // Older than all samples.
        #expect(later.verdict(report(99)) == .lagging)
    }

    @Test func withoutSamplesOfThePrimaryAReplicaIsEligible() {
        #expect(rule().verdict(report(5)) == .eligible)
        #expect(rule((0, 100)).verdict(report(100)) == .eligible)
    }

    @Test func aReplicaThatLacksTheMarkIsLaggingHoweverSmallItsLagIs() {
        var rule = rule((0, 100))
        rule.mark = 7
        #expect(rule.verdict(report(100, mark: 6)) == .lagging)
        #expect(rule.verdict(report(100, mark: 7)) == .eligible)
        // Another history, as of a restored database.
        rule.mark = 3
        #expect(rule.verdict(report(100, mark: 3)) == .eligible)
    }

    @Test func aServerThatIsNoReplicaOrHasNoPositionIsNotEligible() {
        #expect(rule((0, 100)).verdict(report(100, isReplica: false)) == .notAReplica)
        #expect(rule((0, 100)).verdict(report(nil)) == .notAReplica)
    }

    @Test func anotherPrimaryResetsTheHistory() {
        var rule = rule((0, 1_000), (100, 2_000))
        rule.history.primaryWas(at: 1_500, now: 200)
        #expect(rule.verdict(report(1_500)) == .eligible)
        #expect(rule.verdict(report(1_400)) == .lagging)
    }

    @Test func theLagIsNeverUnderestimatedAndTheHistoryIsBounded() {
        var chance = SeededGenerator(seed: 11)
        for _ in 0..<200 {
            var history = WALHistory()
            var truth: [(at: UInt64, end: Int64)] = []
            var (now, end) = (UInt64(0), Int64(0))
            for _ in 0..<Int.random(in: 1...700, using: &chance) {
                now += .random(in: 1...50, using: &chance)
                if Bool.random(using: &chance) { end += .random(in: 0...50, using: &chance) }
                history.primaryWas(at: end, now: now)
                truth.append((now, end))
                let replayed = Int64.random(in: 0...(end + 10), using: &chance)
                // When the primary first had more than this: from then on the replica has been behind.
                let since = truth.first { $0.end > replayed }?.at
                guard let lag = history.lag(ofReplayUpTo: replayed) else { continue }
                #expect(since == nil ? lag == 0 : lag >= now - (since ?? 0))
            }
        }
        var history = WALHistory()
        for number in 0..<10_000 as Range<Int64> { history.primaryWas(at: number, now: UInt64(number)) }
        #expect(history.lag(ofReplayUpTo: 9_000) == nil)
        #expect(history.lag(ofReplayUpTo: 9_900) == 99)
    }

    @Test func onlyErrorsOfTheReplicaFallBackToThePrimary() {
        for error in [
            PostgresError(.connectionUnavailable), PostgresError(.timedOut), PostgresError(.closed),
            PostgresError(.poolExhausted),
            PostgresError(.server, sqlState: "40001"), PostgresError(.server, sqlState: "42P01"),
        ] { #expect(ReplicaEligibility.fallsBack(error), "\(error)") }
        for error in [
            PostgresError(.cancelled), PostgresError(.timedOut, sqlState: SQLState.queryCanceled),
            PostgresError(.invalidParameter),
            PostgresError(.server, sqlState: "22012"), PostgresError(.decoding),
        ] { #expect(!ReplicaEligibility.fallsBack(error), "\(error)") }
    }

    @Test func aReplicaInheritsTheParametersOfThePrimary() throws {
        let primary = try PostgresConfiguration(
            connectionString: "postgresql://shop:one@db:6000/store?sslmode=verify-full&sslrootcert=/ca.pem")
        func parameters(_ text: String) throws -> [String: String] {
            let all = try PostgresConfiguration(replica: text, of: primary).connectionParameters(limits: true)
            return Dictionary(all.map { ($0.keyword, $0.value) }) { $1 }
        }
        let plain = try parameters("postgresql://replica")
        #expect(plain["host"] == "replica" && plain["port"] == nil && plain["user"] == "shop" && plain["password"] == "one")
        #expect(plain["dbname"] == "store" && plain["sslmode"] == "verify-full" && plain["sslrootcert"] == "/ca.pem")
        #expect(plain["target_session_attrs"] == "prefer-standby")
        let own = try parameters("postgresql://reader:two@replica:1/other?sslmode=disable&target_session_attrs=any")
        #expect(own["user"] == "reader" && own["password"] == "two" && own["dbname"] == "other" && own["sslmode"] == "disable")
        #expect(own["target_session_attrs"] == "any")
        // The primary's password is not sent for another user.
        #expect(try parameters("postgresql://reader@replica")["password"] == nil)
        for wrong in ["postgresql://replica?target_session_attrs=read-write", "postgresql:///x", "postgresql://replica?x=y", ""] {
            #expect(throws: PostgresError.self) { try PostgresConfiguration(replica: wrong, of: primary) }
        }
    }
}
