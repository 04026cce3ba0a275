/// Why the service cannot start, in one line fit for a terminal.
package struct ServiceError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
