import CoreMetrics

/// What becomes of sign-ins and refreshes.
struct AccountMetrics {
    private let signIns: [Outcome: Counter]
    private let refreshes: [Outcome: Counter]

    enum Outcome: String, CaseIterable {
        case done, refused, delayed
    }

    init(_ factory: any MetricsFactory = MetricsSystem.factory) {
        func counters(_ label: String) -> [Outcome: Counter] {
            Dictionary(
                uniqueKeysWithValues: Outcome.allCases.map {
                    ($0, Counter(label: label, dimensions: [("outcome", $0.rawValue)], factory: factory))
                })
        }
        signIns = counters("commerce_sign_ins_total")
        refreshes = counters("commerce_session_refreshes_total")
    }

    func signIn(_ outcome: Outcome) { signIns[outcome]?.increment() }
    func refresh(_ outcome: Outcome) { refreshes[outcome]?.increment() }
}
