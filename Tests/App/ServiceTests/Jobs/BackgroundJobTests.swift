import Testing

@testable import Service

@Suite("Background jobs")
struct BackgroundJobTests {
    private struct SomeJob: BackgroundJob {
        let name = "some"
        let schedule = JobSchedule.every(.seconds(60))

        func run() async throws -> Int { 0 }
    }

    @Test("A statement runs in batches until a batch is not full")
    func batches() async throws {
        let job = SomeJob()
        var left = [100, 100, 7, 100]
        #expect(try await job.inBatches { _ in left.removeFirst() } == 207)
        #expect(left == [100])
        var some = [5, 3, 0, 9]
        #expect(try await job.inBatches(of: 1_000, while: 1) { _ in some.removeFirst() } == 8)
        #expect(some == [9])
    }

    @Test("A lasting problem is logged once a minute, a new one at once")
    func warnings() {
        let minute: UInt64 = 60_000_000_000
        var warning = WarningThrottle()
        let lasting = [5, minute, minute + 5, minute + 6].map { warning.allows(at: $0) }
        #expect(lasting == [true, false, true, false])
        warning.reset()
        let new = warning.allows(at: minute + 7)
        #expect(new)
    }
}
