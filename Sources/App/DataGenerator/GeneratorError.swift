/// Why nothing was generated.
package struct GeneratorError: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String
}
