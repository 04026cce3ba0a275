import Formats
import Web

/// The API's description in OpenAPI 3.1, put together from the fragments of the features when the program starts.
package struct OpenAPIDocument: Sendable {
    package struct Info: Sendable {
        package let title: String
        package let version: String
        /// Paragraphs separated by empty lines; text between backquotes is code.
        package let description: String
        /// Where the API is reached; `/` where that is not known.
        package let server: String

        package init(title: String, version: String, description: String, server: String = "/") {
            self.title = title
            self.version = version
            self.description = description
            self.server = server
        }
    }

    package let info: Info
    /// The whole document.
    package let value: JSONValue
    /// All calls in the order of the fragments.
    package let operations: [OpenAPIOperation]
    /// Tags with their descriptions, in the order of the fragments.
    package let tags: [(name: String, description: String)]
    /// Every problem that any call can answer with, by status and code.
    package let problems: [ProblemKind]

    /// - Throws: ``OpenAPIError`` where a fragment is not JSON, says something twice, names what is not there, or
    ///   leaves out what a reader needs.
    package init(info: Info, fragments: [OpenAPIFragment]) throws(OpenAPIError) {
        var assembly = OpenAPIAssembly()
        for fragment in fragments + OpenAPIFragment.shared { assembly.add(fragment) }
        assembly.add(ProblemKind.service + ProblemKind.refusals)
        let value = assembly.document(info)
        let faults = assembly.faults + OpenAPIDocument.faults(in: value, assembly.operations)
        guard faults.isEmpty else { throw OpenAPIError(faults: faults) }
        self.info = info
        self.value = value
        operations = assembly.operations
        tags = assembly.tags
        problems = assembly.sortedProblems
    }

    /// The document's bytes.
    package var json: [UInt8] {
        var writer = JSONWriter(capacity: 64 * 1_024)
        writer.value(value)
        return writer.finish()
    }

    /// What a pointer such as `#/components/schemas/Product` names (RFC 6901 §6).
    package func resolve(_ reference: String) -> JSONValue? { OpenAPIDocument.resolve(reference, in: value) }
}
