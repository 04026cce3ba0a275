/// Everything that keeps migrations from being run; never empty.
package struct MigrationFaults: Error, Equatable, Sendable, CustomStringConvertible {
    package let faults: [MigrationFault]

    /// A line for each fault.
    package var description: String { faults.map(\.description).joined(separator: "\n") }
}
