/// What there is to say about a metric beside its values.
package struct MetricDescription: Sendable {
    package let name: String
    /// One sentence, shown with the values.
    package let help: String
    /// Upper bounds of a histogram's ranges, rising: seconds for a timer, else the recorder's own unit.
    package let bounds: [Double]

    package init(_ name: String, _ help: String, bounds: [Double] = MetricDescription.latency) {
        self.name = name
        self.help = help
        self.bounds = bounds
    }

    /// From what a cache answers to what a client gives up on, in seconds.
    package static let latency = [
        0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
}
