import PostgresClient
import TestSupport
import Testing
import Web

@testable import Orders

@Suite("Retry policy")
struct RetryPolicyTests {
    private let policy = RetryPolicy(retries: 3)

    @Test(
        "runs again what had no effect, or whose effect the next run finds",
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
        "an order is run again, alone, or not at all, as its transaction failed",
        arguments: [
            (
                PostgresError(.server, sqlState: "40001"), RetryPolicy.Decision.again, RetryPolicy.Decision.again,
                RetryPolicy.Decision.again
            ),
            (PostgresError(.outcomeUnknown), .again, .again, .again),
            (PostgresError(.server, sqlState: "23505", constraint: "idempotency_pkey"), .again, .again, .again),
            // Others were faster, and all that wait may try again.
            (PostgresError(.server, sqlState: "23514", constraint: "stock_never_oversold"), .raced, .raced, .raced),
            // One of several may be why.
            (PostgresError(.server, sqlState: "23505", constraint: "orders_cart_key"), .alone, .fail, .fail),
            (PostgresError(.server, sqlState: "22021"), .alone, .fail, .fail), (PostgresError(.decoding), .alone, .fail, .fail),
            (PostgresError(.invalidParameter), .alone, .fail, .fail),
            (PostgresError(.timedOut, sqlState: "55P03"), .held, .held, .fail),
            // None of them is.
            (PostgresError(.timedOut), .fail, .fail, .fail), (PostgresError(.timedOut, sqlState: "57014"), .fail, .fail, .fail),
            (PostgresError(.connectionUnavailable), .fail, .fail, .fail), (PostgresError(.poolExhausted), .fail, .fail, .fail),
            (PostgresError(.server, sqlState: "53100"), .fail, .fail, .fail),
            (PostgresError(.server, sqlState: "42P01"), .fail, .fail, .fail),
        ])
    func decisions(
        error: PostgresError, together: RetryPolicy.Decision, alone: RetryPolicy.Decision, patient: RetryPolicy.Decision
    ) {
        #expect(policy.decide(error, runs: 0, in: .together) == together)
        #expect(policy.decide(error, runs: 2, in: .alone) == alone && policy.decide(error, runs: 1, in: .patient) == patient)
        // However often: what is run again ends.
        if together == .again { #expect(policy.decide(error, runs: 3, in: .alone) == .fail) }
    }

    @Test("a refusal is final") func problems() {
        #expect(!policy.allows(Problem.notFound, run: 0))
        #expect(!policy.allows(CancellationError(), run: 0))
    }

    @Test("runs until it succeeds, and no more than it may") func runs() async throws {
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
