import PostgresClient
import TestSupport
import Testing
import Web

@testable import Orders

@Suite("Retry policy")
struct RetryPolicyTests {
    private let policy = RetryPolicy(retries: 3)

    @Test(
        "a transaction runs again if it had no effect, or if the next run finds its effect",
        arguments: [
            (PostgresError(.server, sqlState: "40001"), true), (PostgresError(.server, sqlState: "40P01"), true),
            (PostgresError(.outcomeUnknown), true),
            (PostgresError(.server, sqlState: "23505", constraint: "orders_number_key"), true),
            (PostgresError(.server, sqlState: "23505", constraint: "idempotency_pkey"), true),
            (PostgresError(.server, sqlState: "23505", constraint: "orders_cart_key"), false),
            (PostgresError(.server, sqlState: "23514", constraint: "orders_number_key"), false),
            (PostgresError(.server, sqlState: "23505"), false), (PostgresError(.server, sqlState: "42601"), false),
            (PostgresError(.timedOut), false), (PostgresError(.cancelled), false), (PostgresError(.poolExhausted), false),
            (PostgresError(.invalidParameter), false), (PostgresError(.decoding), false),
        ])
    func errors(error: PostgresError, isAllowed: Bool) {
        for run in 0..<3 { #expect(policy.allows(error, run: run) == isAllowed) }
        #expect(!policy.allows(error, run: 3))
    }

    @Test(
        "the error of a transaction decides whether an order runs again, and in which lane",
        arguments: [
            (
                PostgresError(.server, sqlState: "40001"), RetryPolicy.Decision.retry, RetryPolicy.Decision.retry,
                RetryPolicy.Decision.retry
            ),
            (PostgresError(.outcomeUnknown), .retry, .retry, .retry),
            (PostgresError(.server, sqlState: "23505", constraint: "idempotency_pkey"), .retry, .retry, .retry),
            // Other orders were faster.
            (PostgresError(.server, sqlState: "23514", constraint: "stock_never_oversold"), .raced, .raced, .raced),
            // One order of several may be the cause.
            (PostgresError(.server, sqlState: "23505", constraint: "orders_cart_key"), .isolate, .fail, .fail),
            (PostgresError(.server, sqlState: "22021"), .isolate, .fail, .fail),
            (PostgresError(.decoding), .isolate, .fail, .fail),
            (PostgresError(.invalidParameter), .isolate, .fail, .fail),
            (PostgresError(.timedOut, sqlState: "55P03"), .waitForLock, .waitForLock, .fail),
            // None of them is the cause.
            (PostgresError(.timedOut), .fail, .fail, .fail), (PostgresError(.timedOut, sqlState: "57014"), .fail, .fail, .fail),
            (PostgresError(.connectionUnavailable), .fail, .fail, .fail), (PostgresError(.poolExhausted), .fail, .fail, .fail),
            (PostgresError(.server, sqlState: "53100"), .fail, .fail, .fail),
            (PostgresError(.server, sqlState: "42P01"), .fail, .fail, .fail),
        ])
    func decisions(
        error: PostgresError, batched: RetryPolicy.Decision, isolated: RetryPolicy.Decision, waitingForLock: RetryPolicy.Decision
    ) {
        #expect(policy.decide(error, retries: 0, in: .batched) == batched)
        #expect(policy.decide(error, retries: 2, in: .isolated) == isolated)
        #expect(policy.decide(error, retries: 1, in: .waitingForLock) == waitingForLock)
        // Retries end.
        if batched == .retry { #expect(policy.decide(error, retries: 3, in: .isolated) == .fail) }
    }

    @Test("a transaction that ended with a problem does not run again") func problems() {
        #expect(!policy.allows(Problem.notFound, run: 0))
        #expect(!policy.allows(CancellationError(), run: 0))
    }

    @Test("a transaction runs until it succeeds, and at most four times") func runs() async throws {
        for failures in 0...5 {
            var runs = 0
            let result = await Result {
                try await policy.run {
                    runs += 1
                    if runs <= failures { throw PostgresError(.server, sqlState: "40001") }
                    return runs
                }
            }
            #expect(runs == min(failures + 1, 4))
            if failures <= 3 {
                #expect(try result.get() == failures + 1)
            } else {
                #expect(throws: PostgresError(.server, sqlState: "40001")) { try result.get() }
            }
        }
        var runs = 0
        await #expect(throws: Problem.self) {
            try await policy.run {
                runs += 1
                throw Problem.notFound
            }
        }
        #expect(runs == 1)
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
