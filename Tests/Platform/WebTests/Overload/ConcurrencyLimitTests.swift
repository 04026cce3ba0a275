import TestSupport
import Testing

@testable import Web

/// The limit before a simulated server that runs up to `capacity` requests at full speed, and slows down with more.
@Suite struct ConcurrencyLimitTests {
    /// An endless supply of requests, up to the limit, or up to `demand`.
    private struct Simulation {
        static let step: UInt64 = 500_000
        var limit: ConcurrencyLimit
        var baseline = LatencyBaseline()
        var capacity: Double
        /// How long work takes without load, in nanoseconds.
        var work = 5_000_000.0
        var demand = Int.max
        var now: UInt64 = 3_000_000_000
        var done = 0
        var least = Int.max
        var most = 0
        var jobs: [(began: UInt64, left: Double)] = []
        var chance: SeededGenerator

        init(_ settings: AdmissionSettings = AdmissionSettings(), capacity: Double, seed: UInt64) {
            limit = ConcurrencyLimit(settings)
            self.capacity = capacity
            chance = SeededGenerator(seed: seed)
        }

        mutating func run(seconds: Double) {
            let end = now + UInt64(seconds * 1e9)
            while now < end {
                let allowed = limit.allowed(at: now)
                (least, most) = (min(least, allowed), max(most, allowed))
                while jobs.count < min(allowed, demand) {
                    jobs.append((now, work * Double.random(in: 0.5...1.5, using: &chance)))
                }
                if jobs.count == allowed { limit.waited(at: now) }
                let speed = min(1, capacity / Double(jobs.count))
                now += Self.step
                for index in jobs.indices { jobs[index].left -= Double(Self.step) * speed }
                let before = jobs.count
                for job in jobs where job.left <= 0 {
                    let latency = now - job.began
                    let known = baseline.value
                    baseline.record(latency, in: limit.period(at: now))
                    limit.record(latency, baseline: known, inFlight: before, now: now)
                }
                jobs.removeAll { $0.left <= 0 }
                done += before - jobs.count
            }
        }
    }

    @Test(arguments: [4.0, 8, 20, 60, 150], [UInt64(1), 2])
    func findsWhatTheServerDoesAndNotMuchMore(capacity: Double, seed: UInt64) {
        var simulation = Simulation(capacity: capacity, seed: seed)
        simulation.run(seconds: 20)
        simulation.done = 0
        (simulation.least, simulation.most) = (.max, 0)
        simulation.run(seconds: 60)
        // The server is fully used, except during measurements.
        #expect(Double(simulation.done) > 0.95 * 60 * capacity * 1e9 / simulation.work, "\(simulation.done)")
        #expect(Double(simulation.most) < 4 * capacity + 8, "\(simulation.most)")
    }

    @Test(arguments: [UInt64(3), 4, 5])
    func staysWhereItIsHoweverLongTheOverloadLasts(seed: UInt64) {
        var simulation = Simulation(capacity: 16, seed: seed)
        simulation.run(seconds: 30)
        let early = simulation.limit.value
        simulation.run(seconds: 600)
        #expect(simulation.limit.value < 2 * early && simulation.limit.value > early / 2, "\(early) \(simulation.limit.value)")
    }

    @Test func followsAServerThatSlowsDownAndRecoversWithinSeconds() {
        var simulation = Simulation(capacity: 40, seed: 6)
        simulation.run(seconds: 15)
        let well = simulation.limit.value
        simulation.capacity = 4
        simulation.run(seconds: 8)
        let slow = simulation.limit.value
        #expect(slow < well / 3, "\(well) \(slow)")
        simulation.capacity = 40
        simulation.run(seconds: 5)
        #expect(simulation.limit.value > 40, "\(slow) \(simulation.limit.value)")
    }

    @Test func doesNotGrowWithoutDemand() {
        var simulation = Simulation(capacity: 400, seed: 7)
        simulation.demand = 6
        simulation.run(seconds: 60)
        #expect(simulation.limit.value < 40, "\(simulation.limit.value)")
        // With demand it grows at once.
        simulation.demand = .max
        simulation.run(seconds: 10)
        #expect(simulation.limit.value > 200, "\(simulation.limit.value)")
    }

    @Test(arguments: UInt64(0)..<200)
    func neverLeavesItsBounds(seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        var settings = AdmissionSettings()
        settings.minimum = .random(in: 1...10, using: &chance)
        settings.maximum = settings.minimum + .random(in: 0...300, using: &chance)
        settings.initial = .random(in: 0...500, using: &chance)
        var limit = ConcurrencyLimit(settings, wallOffset: chance.next())
        var now: UInt64 = .random(in: 0...(1 << 60), using: &chance)
        for _ in 0..<3_000 {
            now += .random(in: 0...30_000_000, using: &chance)
            if Bool.random(using: &chance) { limit.waited(at: now) }
            let latency: UInt64 =
                Int.random(in: 0..<50, using: &chance) == 0 ? .max : .random(in: 0...1_000_000_000, using: &chance)
            let baseline: UInt64? = Bool.random(using: &chance) ? .random(in: 0...100_000_000, using: &chance) : nil
            limit.record(latency, baseline: baseline, inFlight: .random(in: 0...600, using: &chance), now: now)
            // A quarter of the limit during a measurement.
            #expect((max(1, settings.minimum / 4)...settings.maximum).contains(limit.allowed(at: now)))
            #expect((settings.minimum...settings.maximum).contains(Int(limit.value)))
        }
    }

    @Test func immediateErrorsAndSingleFastRequestsDoNotMoveTheBaseline() {
        var baseline = LatencyBaseline()
        for number in 0..<1_600 { baseline.record(number % 16 == 0 ? 10 : 8_000_000, in: 7) }
        #expect((baseline.value ?? 0) > 7_000_000)
    }
}
