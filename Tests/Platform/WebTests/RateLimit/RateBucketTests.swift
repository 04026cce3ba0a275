import TestSupport
import Testing

@testable import Web

@Suite struct RateBucketTests {
    private static let second: UInt64 = 1_000_000_000

    @Test func allowsTheQuotaAndThenTheRefillRate() {
        let policy = RatePolicy("reads", quota: 60, window: 60)
        var bucket = RateBucket()
        var now = 100 * Self.second
        for left in (0..<60).reversed() {
            let decision = bucket.take(policy, at: now)
            #expect(decision.isAllowed && decision.remaining == left)
        }
        let refused = bucket.take(policy, at: now)
        #expect(!refused.isAllowed && refused.remaining == 0 && refused.wait == Self.second && refused.reset == 60 * Self.second)
        now += Self.second
        let one = bucket.take(policy, at: now)
        let none = bucket.take(policy, at: now)
        #expect(one.isAllowed && !none.isAllowed)
        now += 120 * Self.second
        #expect(bucket.take(policy, at: now).remaining == 59)
    }

    /// A client that sends at random times gets exactly the quota and the refill.
    @Test(arguments: UInt64(0)..<200)
    func givesAtMostAndAtLeastWhatItShould(seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        let policy = RatePolicy("x", quota: .random(in: 1...500, using: &chance), window: .random(in: 1...120, using: &chance))
        var bucket = RateBucket()
        let start: UInt64 = .random(in: 0...(1 << 50), using: &chance)
        var now = start
        var given = 0
        var refused = 0
        for _ in 0..<5_000 {
            now += .random(in: 0...policy.interval, using: &chance)
            let decision = bucket.take(policy, at: now)
            if decision.isAllowed { given += 1 } else { refused += 1 }
            #expect((0...policy.quota).contains(decision.remaining) && decision.reset <= policy.capacity)
            #expect(decision.isAllowed || (decision.wait > 0 && decision.wait <= policy.interval))
        }
        let flown = Int((now - start) / policy.interval)
        #expect(given <= policy.quota + flown + 1)
        if refused > 0 { #expect(given >= policy.quota) }
    }

    @Test func learnsOnlyThatLessIsLeft() {
        let policy = RatePolicy("x", quota: 10, window: 10)
        var bucket = RateBucket()
        _ = bucket.take(policy, at: 0)
        bucket.learn(0, policy, at: 0)
        #expect(bucket.level(at: 0) == Self.second)
        bucket.learn(.max, policy, at: 0)
        #expect(bucket.level(at: 0) == 10 * Self.second)
        let decision = bucket.take(policy, at: 0)
        #expect(!decision.isAllowed)
    }

    @Test func remembersABoundedNumberOfClients() {
        var table = ClientTable<Int>(capacity: 1_000)
        for number in 0..<20_000 {
            table.update("client \(number)", default: 0) { $0 += 1 }
            // A client that keeps sending requests is never forgotten.
            let count = table.update("regular", default: 0) { value in
                value += 1
                return value
            }
            #expect(count == number + 1)
            #expect(table.count <= 1_001)
        }
    }

    @Test func reportsATwentiethAtATimeAndNothingForClientsWithFewRequests() {
        var ledger = RateLedger(RatePolicy("x", quota: 200, window: 10), clients: 100)
        var reports: [Int] = []
        for _ in 0..<35 { reports.append(ledger.take("busy", at: 0).report) }
        #expect(reports.filter { $0 > 0 } == [10, 10, 10])
        for time in 0..<100 { #expect(ledger.take("calm", at: UInt64(time) * Self.second).report == 0) }
    }

    @Test func aRequestMayCountAsSeveral() {
        let policy = RatePolicy("reads", quota: 60, window: 60)
        var bucket = RateBucket()
        let now = 100 * Self.second
        #expect(bucket.take(policy, at: now, cost: 10).remaining == 50)
        #expect(bucket.take(policy, at: now, cost: 45).remaining == 5)
        let refused = bucket.take(policy, at: now, cost: 10)
        #expect(!refused.isAllowed && refused.remaining == 5 && refused.wait == 5 * Self.second)
        // The rest is available for cheaper requests.
        #expect(bucket.take(policy, at: now, cost: 5).isAllowed)
        #expect(!bucket.take(policy, at: now).isAllowed)
        // A cost above the quota takes the whole quota, but is allowed.
        var fresh = RateBucket()
        #expect(fresh.take(policy, at: now, cost: .max).remaining == 0)
        #expect(fresh.take(policy, at: now + 59 * Self.second, cost: 1_000).wait == Self.second)
        for odd in [0, -1, .min] { #expect(fresh.take(policy, at: now + 200 * Self.second, cost: odd).isAllowed) }
    }

    @Test func aRequestThatCountsAsSeveralIsReportedAsSeveral() {
        var ledger = RateLedger(RatePolicy("reads", quota: 400, window: 60), clients: 10)
        var reported = 0
        for _ in 0..<10 { reported += ledger.take("busy", at: 0, cost: 10).report }
        #expect(reported == 100)
    }
}
