/// All series of one name.
struct MetricFamily: Sendable {
    enum Kind: String, Sendable { case counter, gauge, histogram }

    /// Where a series keeps its values.
    enum Cell: Sendable {
        case counter(CounterCell)
        case fractionalCounter(FractionalCounterCell)
        case gauge(GaugeCell)
        case durations(DurationHistogram)
        case values(ValueHistogram)
    }

    let kind: Kind
    let bounds: [Double]
    private(set) var series: [LabelSet: Cell] = [:]

    init(kind: Kind, bounds: [Double]) {
        self.kind = kind
        self.bounds = bounds
    }

    /// The series with these labels, which is made the first time.
    mutating func cell(_ labels: LabelSet, _ make: ([Double]) -> Cell) -> Cell {
        if let known = series[labels] { return known }
        let cell = make(bounds)
        series[labels] = cell
        return cell
    }

    var sorted: [(labels: LabelSet, cell: Cell)] {
        series.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
