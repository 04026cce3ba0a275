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

    /// Ranges are told cumulatively, each with all below it. The count is their sum, so that it is never less than a range.
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
