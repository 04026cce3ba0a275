import Testing

@testable import Service

/// When a worker counts as stuck.
@Suite("Health of workers")
struct WorkerHealthTests {
    private static let second: UInt64 = 1_000_000_000

    private func state(isAlone: Bool) -> HealthState.Worker {
        HealthState.Worker(stallTimeout: .seconds(60), isAlone: isAlone, now: 100 * Self.second)
    }

    @Test("Passes that are done keep it alive, and none for a minute does not", arguments: [true, false])
    func passes(isAlone: Bool) {
        var worker = state(isAlone: isAlone)
        for time in stride(from: 100, through: 1_000, by: 2) as StrideThrough<UInt64> {
            worker.reported(.done(latency: 1), at: time * Self.second)
        }
        #expect(worker.isLive(at: 1_060 * Self.second) && !worker.isLate(at: 1_060 * Self.second))
        #expect(!worker.isLive(at: 1_060 * Self.second + 1) && worker.isLate(at: 1_060 * Self.second + 1))
    }

    @Test("A worker that never made a pass is not alive after a minute")
    func never() {
        #expect(state(isAlone: true).isLive(at: 160 * Self.second))
        #expect(!state(isAlone: true).isLive(at: 161 * Self.second))
    }

    @Test("A database that is down or behind is no reason", arguments: [WorkerReport.databaseDown, .schemaBehind])
    func excused(report: WorkerReport) {
        var worker = state(isAlone: true)
        for time in stride(from: 100, through: 1_000, by: 2) as StrideThrough<UInt64> {
            worker.reported(report, at: time * Self.second)
        }
        #expect(worker.isLive(at: 1_001 * Self.second) && !worker.isLate(at: 1_001 * Self.second))
    }

    @Test("Passes that fail while the database answers end a process that is a worker only")
    func failing() {
        for isAlone in [true, false] {
            var worker = state(isAlone: isAlone)
            for time in stride(from: 100, through: 1_000, by: 2) as StrideThrough<UInt64> {
                worker.reported(.failed, at: time * Self.second)
            }
            #expect(worker.isLate(at: 1_000 * Self.second))
            #expect(worker.isLive(at: 1_000 * Self.second) == !isAlone)
        }
    }
}
