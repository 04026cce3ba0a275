import Foundation
import Testing
import TestSupport

extension Faults {
    /// All connections for writing are taken.
    @Suite("The pool is exhausted")
    struct PoolExhaustionTests {
        @Test("a request that waits gets 503 after the acquire timeout, and one for which the queue has no room at once")
        func exhausted() async throws {
            let stage = try Stage()
            // One connection is shared by reads, one is to be had.
            let service = try await stage.serve([
                "LOOPS": "1", "DATABASE_POOL_MAX": "2", "DATABASE_POOL_MIN": "2", "DATABASE_ACQUIRE_TIMEOUT": "1s",
                "DATABASE_MAX_WAITERS": "3",
                "DATABASE_LOCK_TIMEOUT": "0", "OVERLOAD_CONTROL": "off",
            ])
            try await service.waitUntilWell()
            let holder = Task {
                try await stage.execute("BEGIN; LOCK TABLE cart IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(6); COMMIT")
            }
            try await onOwnThread {
                let isHeld = Deadline(seconds: 20).poll(every: 20) {
                    (try? stage.postgres.execute(
                        "SELECT count(*) FROM pg_locks WHERE relation = 'cart'::regclass AND mode = 'AccessExclusiveLock' AND granted"
                    )) == "1"
                }
                #expect(isHeld)
            }
            let first = Load(port: service.port)
            first.add(1) { $0.fillCart() }
            try await onOwnThread {
                let isLeased = Deadline(seconds: 20).poll(every: 20) {
                    (try? stage.postgres.execute(
                        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'commerce' AND wait_event_type = 'Lock'"))
                        == "1"
                }
                #expect(isLeased)
            }
            let began = ContinuousClock.now
            let answers = try await withThrowingTaskGroup(of: (Answer, Duration).self) { tasks in
                for _ in 0..<8 {
                    tasks.addTask {
                        let answer = Answer(try await service.client(seconds: 30).request("POST", "/v1/carts"))
                        return (answer, ContinuousClock.now - began)
                    }
                }
                return try await tasks.reduce(into: []) { $0.append($1) }
            }
            for (answer, _) in answers {
                #expect(answer.status == 503 && answer.header("Retry-After") == "1", "\(answer.response.text)")
            }
            // Ten times as long as it ought to take, as the machine has other work.
            let late = answers.filter { $0.1 >= .seconds(1) }
            #expect(late.count >= 3 && late.count < 8 && late.allSatisfy { $0.1 < .milliseconds(3_500) }, "\(answers.map(\.1))")
            // Reads have a connection of their own.
            #expect(try await service.client(seconds: 10).request("GET", "/v1/products?limit=3&max_price=77777").status == 200)
            await first.stop()
            _ = try await holder.value
            try await stage.settle(first.journal, at: service.port)
        }
    }
}
