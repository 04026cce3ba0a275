import FoundationEssentials
import Formats

/// What stood in the path where its template has parameters, percent-decoded once.
package struct PathParameters: Sendable, Equatable {
    private let names: [String]
    private let values: [String]

    package init() {
        names = []
        values = []
    }

    init(names: [String], values: [String]) {
        self.names = names
        self.values = values
    }

    /// The value of a parameter, never empty; `""` where the template has none of this name.
    package subscript(name: String) -> String {
        for (candidate, value) in zip(names, values) where candidate == name { return value }
        return ""
    }

    /// The value as an identifier; nil where it is none.
    package func uuid(_ name: String) -> UUID? { UUID(utf8: self[name].utf8) }
}
