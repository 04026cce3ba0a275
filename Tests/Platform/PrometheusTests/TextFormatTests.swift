import CoreMetrics
import Testing

@testable import Prometheus

/// The text of a scrape, byte for byte.
@Suite struct TextFormatTests {
    @Test func allKindsAreSortedByNameAndLabels() {
        let registry = PrometheusRegistry(descriptions: [
            MetricDescription("requests_total", "Requests."),
            MetricDescription("took_seconds", "Time.", bounds: [0.001, 0.5, 1]),
            MetricDescription("sizes_bytes", "Sizes.", bounds: [10, 2.5e3]),
        ])
        Timer(label: "took_seconds", dimensions: [("route", "/b")], factory: registry).recordNanoseconds(1_000_000)
        Timer(label: "took_seconds", dimensions: [("route", "/a")], factory: registry).recordNanoseconds(1_000_001)
        Counter(label: "requests_total", dimensions: [("route", "/"), ("method", "PUT")], factory: registry).increment(by: 7)
        Counter(label: "requests_total", dimensions: [("route", "/"), ("method", "GET")], factory: registry).increment()
        let sizes = Recorder(label: "sizes_bytes", factory: registry)
        for size in [10, 11, 2_501] { sizes.record(size) }
        Meter(label: "open", factory: registry).set(-3)
        FloatingPointCounter(label: "spent_seconds_total", factory: registry).increment(by: 0.25)
        #expect(
            registry.text() == """
                # TYPE open gauge
                open -3
                # HELP requests_total Requests.
                # TYPE requests_total counter
                requests_total{method="GET",route="/"} 1
                requests_total{method="PUT",route="/"} 7
                # HELP sizes_bytes Sizes.
                # TYPE sizes_bytes histogram
                sizes_bytes_bucket{le="10"} 1
                sizes_bytes_bucket{le="2500"} 2
                sizes_bytes_bucket{le="+Inf"} 3
                sizes_bytes_sum 2522
                sizes_bytes_count 3
                # TYPE spent_seconds_total counter
                spent_seconds_total 0.25
                # HELP took_seconds Time.
                # TYPE took_seconds histogram
                took_seconds_bucket{route="/a",le="0.001"} 0
                took_seconds_bucket{route="/a",le="0.5"} 1
                took_seconds_bucket{route="/a",le="1"} 1
                took_seconds_bucket{route="/a",le="+Inf"} 1
                took_seconds_sum{route="/a"} 0.001000001
                took_seconds_count{route="/a"} 1
                took_seconds_bucket{route="/b",le="0.001"} 1
                took_seconds_bucket{route="/b",le="0.5"} 1
                took_seconds_bucket{route="/b",le="1"} 1
                took_seconds_bucket{route="/b",le="+Inf"} 1
                took_seconds_sum{route="/b"} 0.001
                took_seconds_count{route="/b"} 1

                """)
    }

    @Test func labelsAndHelpCannotEndTheirLineOrQuotes() {
        let registry = PrometheusRegistry(descriptions: [MetricDescription("odd", "a \\ \"b\"\nc")])
        Meter(label: "odd", dimensions: [("said", "x\"} 1\nodd 2 \\")], factory: registry).set(1)
        #expect(registry.text() == "# HELP odd a \\\\ \"b\"\\nc\n# TYPE odd gauge\nodd{said=\"x\\\"} 1\\nodd 2 \\\\\"} 1\n")
    }

    @Test(arguments: [
        ("http.requests", "http_requests"), ("a:b", "a:b"), ("9lives", "_9lives"), ("", "_"), ("Größe", "Gr____e"),
        ("a b\nc", "a_b_c"),
    ])
    func aNameIsMadeOneThatPrometheusTakes(text: String, name: String) {
        #expect(MetricName.metric(text) == name)
    }

    @Test func labelNamesAreCleanedDistinctAndNeverThoseOfHistograms() {
        let labels = LabelSet([("le", "1"), ("a.b", "2"), ("a_b", "3"), ("__name__", "4"), ("x:y", "5")])
        #expect(labels.labels.map(\.name) == ["a_b", "exported_le", "label__name__", "x_y"])
        #expect(labels.labels.map(\.value) == ["2", "1", "4", "5"])
    }

    @Test(arguments: [
        (0.0, "0"), (-0.5, "-0.5"), (1e15, "1000000000000000"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
        (1e300, "1e+300"), (0.1, "0.1"),
    ])
    func numbersAreWrittenAsParsersReadThem(value: Double, text: String) {
        #expect(MetricText.number(value) == text)
    }

    @Test func collectedMetricsAreAmongTheOthersAndReadForEachScrape() {
        let registry = PrometheusRegistry()
        let asked = Counter(label: "b_total", factory: registry)
        registry.collect {
            asked.increment()
            return [CollectedMetric("c", "Third.", .gauge, 1.5), CollectedMetric("a_total", "First.", .counter, 2)]
        }
        let text = { (b: Int) in
            """
            # HELP a_total First.
            # TYPE a_total counter
            a_total 2
            # TYPE b_total counter
            b_total \(b)
            # HELP c Third.
            # TYPE c gauge
            c 1.5

            """
        }
        #expect(registry.text() == text(1))
        #expect(registry.text() == text(2))
    }
}
