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

        /// Whether several make a series together.
        var addsUp: Bool {
            switch self {
            case .counter, .durations: true
            case .fractionalCounter, .gauge, .values: false
            }
        }
    }

    /// How many cells a series has at most.
    private static let mostCells = 64

    let kind: Kind
    let bounds: [Double]
    private(set) var series: [LabelSet: [Cell]] = [:]

    init(kind: Kind, bounds: [Double]) {
        self.kind = kind
        self.bounds = bounds
    }

    /// A cell of the series with these labels.
    ///
    /// What only adds up has one for everybody who counts: one that several loops count in would wander between their processors
    /// with each count.
    mutating func cell(_ labels: LabelSet, _ make: ([Double]) -> Cell) -> Cell {
        let known = series[labels] ?? []
        guard let first = known.first else {
            let cell = make(bounds)
            series[labels] = [cell]
            return cell
        }
        guard first.addsUp, known.count < Self.mostCells else { return first }
        let cell = make(bounds)
        // Durations and other values are histograms both, and one series cannot be of both.
        guard cell.addsUp else { return first }
        series[labels] = known + [cell]
        return cell
    }

    var sorted: [(labels: LabelSet, cells: [Cell])] {
        series.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
