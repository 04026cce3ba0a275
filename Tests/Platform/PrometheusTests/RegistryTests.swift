import CoreMetrics
import Testing

@testable import Prometheus

@Suite struct RegistryTests {
    @Test func theSameNameAndLabelsAreOneSeriesInAnyOrder() {
        let registry = PrometheusRegistry()
        Counter(label: "n", dimensions: [("a", "1"), ("b", "2")], factory: registry).increment()
        Counter(label: "n", dimensions: [("b", "2"), ("a", "1")], factory: registry).increment()
        #expect(registry.text() == "# TYPE n counter\nn{a=\"1\",b=\"2\"} 2\n")
    }

    @Test func anInstrumentOfAnotherKindWithAKnownNameWorksAndIsNotShown() {
        let registry = PrometheusRegistry()
        Counter(label: "n", factory: registry).increment(by: 5)
        Meter(label: "n", factory: registry).set(9)
        Timer(label: "n", factory: registry).recordNanoseconds(1)
        Recorder(label: "n", factory: registry).record(1)
        FloatingPointCounter(label: "n", factory: registry).increment(by: 1)
        #expect(registry.text() == "# TYPE n counter\nn 5\n")
    }

    @Test func countersNeverFall() {
        let registry = PrometheusRegistry()
        let whole = Counter(label: "whole", factory: registry)
        whole.increment(by: 3)
        whole.increment(by: -2)
        let fraction = FloatingPointCounter(label: "fraction", factory: registry)
        fraction.increment(by: 0.5)
        fraction.increment(by: -1.0)
        fraction.increment(by: Double.nan)
        #expect(registry.text() == "# TYPE fraction counter\nfraction 0.5\n# TYPE whole counter\nwhole 3\n")
    }

    @Test func countsOfManyThreadsSumUp() async {
        let registry = PrometheusRegistry(descriptions: [MetricDescription("took", "", bounds: [1])])
        let (tasks, rounds) = (8, 5_000)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<tasks {
                group.addTask {
                    // Each thread makes its own instrument, as each loop does.
                    let counter = Counter(label: "n", factory: registry)
                    let parts = FloatingPointCounter(label: "parts", factory: registry)
                    let level = Meter(label: "level", factory: registry)
                    let took = Timer(label: "took", factory: registry)
                    let sizes = Recorder(label: "sizes", factory: registry)
                    for round in 0..<rounds {
                        counter.increment()
                        parts.increment(by: 0.5)
                        level.increment()
                        if round % 2 == 0 { level.decrement() }
                        took.recordNanoseconds(round % 2 == 0 ? 1_000_000_000 : 2_000_000_000)
                        sizes.record(2)
                    }
                }
            }
        }
        let lines = registry.text().split(separator: "\n")
        let all = tasks * rounds
        #expect(lines.contains("n \(all)"))
        #expect(lines.contains("parts \(all / 2)"))
        #expect(lines.contains("level \(all / 2)"))
        #expect(lines.contains("took_bucket{le=\"1\"} \(all / 2)"))
        #expect(lines.contains("took_bucket{le=\"+Inf\"} \(all)"))
        #expect(lines.contains("took_sum \(all / 2 * 3)"))
        #expect(lines.contains("sizes_sum \(all * 2)"))
        #expect(lines.contains("sizes_count \(all)"))
    }

    @Test func aScrapeDuringCountingIsConsistent() async {
        let registry = PrometheusRegistry(descriptions: [MetricDescription("took", "", bounds: [0.001, 0.002])])
        let took = Timer(label: "took", factory: registry)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for n in 0..<50_000 { took.recordNanoseconds(Int64(n) * 60) } }
            group.addTask {
                var last = 0
                for _ in 0..<200 {
                    let values = registry.text().split(separator: "\n").filter { $0.hasPrefix("took_bucket") }
                        .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
                    // Cumulative, and never less than in the last scrape.
                    #expect(values.count == 3)
                    #expect(values == values.sorted())
                    #expect((values.last ?? -1) >= last)
                    last = values.last ?? 0
                }
            }
        }
        #expect(registry.text().contains("took_count 50000"))
    }

    @Test(arguments: [
        (-5, 0), (0, 0), (100_000, 0), (100_001, 1), (500_000, 1), (9_999_999_999, 14), (10_000_000_000, 14),
        (10_000_000_001, 15), (Int64.max, 15),
    ])
    func aDurationFallsIntoTheRangeWhoseBoundItDoesNotExceed(nanoseconds: Int64, index: Int) {
        let histogram = DurationHistogram(bounds: MetricDescription.latency)
        histogram.recordNanoseconds(nanoseconds)
        #expect(histogram.snapshot.counts.firstIndex(of: 1) == index)
    }

    @Test func aValueThatIsNotFiniteIsNotRecorded() {
        let histogram = ValueHistogram(bounds: [1])
        for value in [Double.nan, .infinity, -.infinity, 0.5, 1.5] { histogram.record(value) }
        #expect(histogram.snapshot == HistogramSnapshot(counts: [1, 1], sum: 2))
    }
}
