/// Everything that is wrong with the environment, in the order of the settings; never empty.
///
/// All of it at once, so that a deployment is put right in one attempt.
package struct ConfigurationErrors: Error, Equatable, Sendable, CustomStringConvertible {
    package let faults: [ConfigurationError]

    /// A line for each fault.
    package var description: String { faults.map(\.description).joined(separator: "\n") }
}
