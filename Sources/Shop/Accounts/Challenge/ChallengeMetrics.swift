import CoreMetrics

/// What becomes of requests that need proof of a person.
struct ChallengeMetrics {
    private let counters: [Outcome: Counter]

    enum Outcome: String, CaseIterable {
        case passed, refused, missing, unchecked
    }

    init(_ factory: any MetricsFactory = MetricsSystem.factory) {
        counters = Dictionary(
            uniqueKeysWithValues: Outcome.allCases.map {
                ($0, Counter(label: "commerce_challenges_total", dimensions: [("outcome", $0.rawValue)], factory: factory))
            })
    }

    func count(_ outcome: Outcome) { counters[outcome]?.increment() }
}
