/// All series of one metric name.
struct MetricFamily: Sendable {
    enum Kind: String, Sendable { case counter, gauge, histogram }

    /// The storage of a series.
    enum Cell: Sendable {
        case counter(CounterCell)
        case fractionalCounter(FractionalCounterCell)
        case gauge(GaugeCell)
        case durations(DurationHistogram)
        case values(ValueHistogram)

        /// Whether several cells can form one series by addition.
        var addsUp: Bool {
            switch self {
            case .counter, .durations: true
            case .fractionalCounter, .gauge, .values: false
            }
        }
    }

    /// The most cells of a series.
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
    /// Cells that add up are made for each caller: a cell that several loops use would move between their processors with each count.
    mutating func cell(_ labels: LabelSet, _ make: ([Double]) -> Cell) -> Cell {
        let known = series[labels] ?? []
        guard let first = known.first else {
            let cell = make(bounds)
            series[labels] = [cell]
            return cell
        }
        guard first.addsUp, known.count < Self.mostCells else { return first }
        let cell = make(bounds)
        // Durations and other values are both histograms, but one series cannot contain both.
        guard cell.addsUp else { return first }
        series[labels] = known + [cell]
        return cell
    }

    var sorted: [(labels: LabelSet, cells: [Cell])] {
        series.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}

/// A metric without labels whose value is read only when metrics are collected.
package struct CollectedMetric: Equatable, Sendable {
    package enum Kind: Sendable { case counter, gauge }

    package let name: String
    package let help: String
    package let kind: Kind
    package let value: Double

    package init(_ name: String, _ help: String, _ kind: Kind, _ value: Double) {
        self.name = name
        self.help = help
        self.kind = kind
        self.value = value
    }
}

/// The labels of one series of a metric, sorted by name, with distinct names.
struct LabelSet: Hashable, Comparable, Sendable {
    struct Label: Hashable, Sendable {
        let name: String
        let value: String
    }

    let labels: [Label]

    /// Of two dimensions with the same cleaned name the first counts. `le` is reserved for histograms.
    init(_ dimensions: [(String, String)]) {
        var labels: [Label] = []
        for (name, value) in dimensions {
            let name = name == "le" ? "exported_le" : MetricName.label(name)
            if !labels.contains(where: { $0.name == name }) { labels.append(Label(name: name, value: value)) }
        }
        self.labels = labels.sorted { $0.name < $1.name }
    }

    static func < (left: LabelSet, right: LabelSet) -> Bool {
        for (one, other) in zip(left.labels, right.labels) where one != other {
            return one.name != other.name ? one.name < other.name : one.value < other.value
        }
        return left.labels.count < right.labels.count
    }
}

/// Names that Prometheus accepts (its documentation, "Data model"): other characters become `_`.
enum MetricName {
    /// A metric's name: letters, digits, `_` and `:`, no digit in front.
    static func metric(_ text: String) -> String { cleaned(text) { $0 == UInt8(ascii: ":") } }

    /// A label's name: letters, digits and `_`, no digit in front, and no `__`, which Prometheus reserves.
    static func label(_ text: String) -> String {
        let name = cleaned(text) { _ in false }
        return name.hasPrefix("__") ? "label" + name : name
    }

    private static func cleaned(_ text: String, _ isAllowedToo: (UInt8) -> Bool) -> String {
        var bytes = text.utf8.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                byte
            default: isAllowedToo(byte) ? byte : UInt8(ascii: "_")
            }
        }
        if bytes.first.map({ $0 >= 0x30 && $0 <= 0x39 }) ?? true { bytes.insert(UInt8(ascii: "_"), at: 0) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Writes metrics in Prometheus' text format 0.0.4, line by line.
struct MetricText {
    private(set) var text = ""

    mutating func family(_ name: String, help: String?, _ family: MetricFamily) {
        head(name, help: help, kind: family.kind)
        for (labels, cells) in family.sorted {
            guard let first = cells.first else { continue }
            switch first {
            case .counter:
                let values = cells.compactMap { if case .counter(let cell) = $0 { cell.value } else { nil } }
                line(name, labels, String(values.reduce(0, &+)))
            case .fractionalCounter(let cell): line(name, labels, Self.number(cell.value))
            case .gauge(let cell): line(name, labels, Self.number(cell.value))
            case .durations:
                let values = cells.compactMap { if case .durations(let cell) = $0 { cell.snapshot } else { nil } }
                histogram(name, labels, HistogramSnapshot(adding: values), family.bounds)
            case .values(let cell): histogram(name, labels, cell.snapshot, family.bounds)
            }
        }
    }

    mutating func collected(_ metric: CollectedMetric) {
        head(metric.name, help: metric.help, kind: metric.kind == .counter ? .counter : .gauge)
        line(metric.name, LabelSet([]), Self.number(metric.value))
    }

    /// Ranges are cumulative: each includes all below it. The count is their sum, so it is never less than a range.
    private mutating func histogram(
        _ name: String, _ labels: LabelSet, _ snapshot: HistogramSnapshot, _ bounds: [Double]
    ) {
        var total: UInt64 = 0
        for (index, count) in snapshot.counts.enumerated() {
            total &+= count
            let bound = index < bounds.count ? Self.number(bounds[index]) : "+Inf"
            line(name + "_bucket", labels, String(total), bound: bound)
        }
        line(name + "_sum", labels, Self.number(snapshot.sum))
        line(name + "_count", labels, String(total))
    }

    private mutating func head(_ name: String, help: String?, kind: MetricFamily.Kind) {
        if let help { text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n" }
        text += "# TYPE \(name) \(kind.rawValue)\n"
    }

    private mutating func line(_ name: String, _ labels: LabelSet, _ value: String, bound: String? = nil) {
        text += name
        var pairs = labels.labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }
        if let bound { pairs.append("le=\"\(bound)\"") }
        if !pairs.isEmpty { text += "{\(pairs.joined(separator: ","))}" }
        text += " \(value)\n"
    }

    /// Backslash and line feed are escaped everywhere, quotes in labels' values.
    static func escaped(_ value: String, quotes: Bool) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": escaped.append(contentsOf: "\\\\".unicodeScalars)
            case "\n": escaped.append(contentsOf: "\\n".unicodeScalars)
            case "\"" where quotes: escaped.append(contentsOf: "\\\"".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }

    /// A number as Go's ParseFloat reads it; whole ones without a fraction.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        // Up to 2^53 every whole number has a Double of its own.
        if value.magnitude <= 9_007_199_254_740_992, let whole = Int64(exactly: value) { return String(whole) }
        return value.description
    }
}
