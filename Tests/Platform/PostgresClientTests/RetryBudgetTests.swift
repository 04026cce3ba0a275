import Testing
import TestSupport

@testable import PostgresClient

@Suite struct RetryBudgetTests {
    @Test func aTenthOfAllAttemptsMayBeRetried() {
        var budget = RetryBudget()
        // The initial tokens and those of quiet times are spent first.
        while budget.spend(now: 1) {}
        for _ in 0..<9 {
            budget.attempted()
            let isGranted = budget.spend(now: 1)
            #expect(!isGranted)
        }
        budget.attempted()
        let (first, second) = (budget.spend(now: 1), budget.spend(now: 1))
        #expect(first && !second)
    }

    @Test func quietTimesAllowAFewRetriesAndSavingsAreLimited() {
        var budget = RetryBudget()
        while budget.spend(now: 1) {}
        let isGranted = budget.spend(now: 100_000_000)
        #expect(!isGranted)
        var granted = 0
        for tenth in 2...101 as ClosedRange<UInt64> where budget.spend(now: tenth * 100_000_000) { granted += 1 }
        #expect((19...21).contains(granted))
        for now in [.max, .max - 1, 0, .max] as [UInt64] {
            for _ in 0..<1_000_000 { budget.attempted() }
            var saved: UInt64 = 0
            while budget.spend(now: now) { saved += 1 }
            #expect(saved <= RetryBudget.most)
        }
    }

    @Test func inEveryHistoryRetriesStayWithinTheBudget() {
        for seed in 0..<300 as Range<UInt64> {
            var chance = SeededGenerator(seed: seed)
            var budget = RetryBudget()
            var (attempts, retries, now) = (UInt64(0), UInt64(0), UInt64(1))
            for _ in 0..<2_000 {
                now += .random(in: 0...5_000_000, using: &chance)
                if Bool.random(using: &chance) {
                    budget.attempted()
                    attempts += 1
                } else if budget.spend(now: now) {
                    retries += 1
                }
            }
            #expect(retries <= 50 + attempts / 10 + now / 1_000_000_000 * RetryBudget.floor + RetryBudget.floor + 1)
        }
    }
}
