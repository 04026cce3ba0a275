/// A metric without labels whose value is only found out when somebody asks.
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
