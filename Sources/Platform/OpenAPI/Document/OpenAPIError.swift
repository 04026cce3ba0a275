/// Everything that is wrong with the fragments of an API's document: the program's own text, so it is told at the start.
package struct OpenAPIError: Error, CustomStringConvertible {
    package let faults: [String]
    package var description: String { faults.joined(separator: "; ") }
}
