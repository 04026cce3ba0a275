/// Which requests are sent, and how often.
struct LoadSpecification: Sendable {
    struct Phase: Sendable {
        /// A second.
        let rate: Double
        let seconds: Double
    }

    let name: String
    let kind: RequestKind
    let address: String
    let phases: [Phase]

    init?(_ text: String) {
        let parts = text.split(separator: ":").map(String.init)
        guard parts.count == 4, let kind = RequestKind(rawValue: parts[1]) else { return nil }
        var phases: [Phase] = []
        for phase in parts[3].split(separator: ",") {
            let numbers = phase.split(separator: "x").compactMap { Double($0) }
            guard numbers.count == 2, numbers[0] > 0, numbers[1] > 0 else { return nil }
            phases.append(Phase(rate: numbers[0], seconds: numbers[1]))
        }
        guard !phases.isEmpty else { return nil }
        (name, self.kind, address, self.phases) = (parts[0], kind, parts[2], phases)
    }
}
