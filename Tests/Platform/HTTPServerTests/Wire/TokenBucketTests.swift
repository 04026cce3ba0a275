import Testing
import TestSupport

@testable import HTTPServer

@Suite struct TokenBucketTests {
    private static let second: UInt64 = 1_000_000_000

    @Test func aBurstIsAllowedAndThenTheRate() {
        var bucket = TokenBucket(rate: 20, burst: 100)
        #expect((0..<200).count { _ in bucket.take(at: 5) } == 100)
        #expect((1...40).count { bucket.take(at: 5 + UInt64($0) * Self.second / 40) } == 20)
        // Full again, and no fuller than that.
        #expect((0..<500).count { _ in bucket.take(at: 100 * Self.second) } == 100)
        #expect(!bucket.isReady(at: 100 * Self.second) && bucket.isReady(at: 101 * Self.second))
    }

    @Test func eachClientHasItsOwnBucketAndFullOnesAreForgotten() {
        var buckets = ClientBuckets(rate: 10, burst: 8)
        for client in ["a", "b"] { #expect((0..<20).count { _ in buckets.take(of: client, at: 7) } == 8) }
        let known = buckets.take(of: "a", at: 7), other = buckets.take(of: "c", at: 7)
        #expect(!known && other)
        for number in 0..<3 * ClientBuckets.most {
            let isThere = buckets.take(of: "\(number)", at: 7 + UInt64(number))
            #expect(isThere && buckets.count <= ClientBuckets.most)
        }
        // Full buckets are forgotten first: a client that has used its share does not get another.
        let late = 100 * Self.second
        #expect((0..<20).count { _ in buckets.take(of: "flood", at: late) } == 8)
        for number in 0..<ClientBuckets.most {
            _ = buckets.take(of: "x\(number)", at: late + UInt64(number) * Self.second / 40_000)
        }
        let again = buckets.take(of: "flood", at: late)
        #expect(!again)
        var none = ClientBuckets(rate: 0, burst: 8)
        let taken = (0..<100).count { _ in none.take(of: "a", at: 1) }
        #expect(taken == 100 && none.count == 0)
    }

    @Test func noTimeAllowsMoreThanBurstAndRate() {
        var random = SeededGenerator(seed: 9)
        for _ in 0..<300 {
            let (rate, burst) = (Int.random(in: 1...1_000, using: &random), Int.random(in: 1...500, using: &random))
            var bucket = TokenBucket(rate: rate, burst: burst)
            var now = UInt64.random(in: 0...(1 << 40), using: &random)
            let start = now
            var taken = 0
            for _ in 0..<200 {
                now += UInt64.random(in: 0...Self.second / 4, using: &random)
                let count = Int.random(in: 1...20, using: &random)
                let before = bucket
                if bucket.take(count, at: now) { taken += count } else { #expect(bucket == before) }
                // One more, since an interval is rounded down.
                #expect(Double(taken) <= Double(burst) + Double(rate) * Double(now - start) / 1e9 * 1.001 + 1)
            }
        }
    }

    @Test func ratesOfZeroAndOfTheLargestNumberHold() {
        var none = TokenBucket(rate: 0, burst: 0)
        #expect((0..<1_000).allSatisfy { _ in none.take(.max, at: 0) })
        var most = TokenBucket(rate: .max, burst: .max)
        let taken = [most.take(1, at: .max), most.take(.max, at: 1), most.take(.max, at: 1)]
        #expect(taken == [true, true, false])
        var least = TokenBucket(rate: 1, burst: .min)
        let some = [
            least.take(at: 0), least.take(at: 0), least.take(0, at: 0), least.take(-1, at: 0), least.take(2, at: .max / 4),
        ]
        #expect(some == [true, false, true, true, false])
    }
}
