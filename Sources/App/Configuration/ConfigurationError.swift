/// One environment variable that can't be used, and why.
package struct ConfigurationError: Equatable, Sendable, CustomStringConvertible {
    /// The variable.
    package let name: String
    /// What is wrong with it; never holds a secret's value.
    package let problem: String
    /// What would be right.
    package let expected: String

    /// One line: `PORT is "http"; expected a whole number from 1 to 65535`.
    package var description: String { "\(name) \(problem); expected \(expected)" }
}
