/// The labels that tell one series of a metric from the others; in the order of their names, each name once.
struct LabelSet: Hashable, Comparable, Sendable {
    struct Label: Hashable, Sendable {
        let name: String
        let value: String
    }

    let labels: [Label]

    /// Of two dimensions that come to the same name the first counts. `le` is the histograms' own.
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
