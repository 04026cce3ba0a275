import Compression
import Formats
import HTTPServer
import Web

/// The API's description in OpenAPI 3.1, built from the fragments of the features when the program starts.
package struct OpenAPIDocument: Sendable {
    package struct Info: Sendable {
        package let title: String
        package let version: String
        /// Paragraphs separated by empty lines; text between backquotes is code.
        package let description: String
        /// The URL of the API, or `/` if it is not known.
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
    /// All operations, in the order of the fragments.
    package let operations: [OpenAPIOperation]
    /// Tags with their descriptions, in the order of the fragments.
    package let tags: [(name: String, description: String)]
    /// Every problem that any operation can respond with, by status and code.
    package let problems: [ProblemKind]

    /// - Throws: ``OpenAPIError`` if a fragment is not JSON, describes something twice, refers to something that does not
    ///   exist, or lacks a part that readers need.
    package init(info: Info, fragments: [OpenAPIFragment]) throws(OpenAPIError) {
        var builder = OpenAPIBuilder()
        for fragment in fragments + OpenAPIFragment.platform { builder.add(fragment) }
        builder.add(ProblemKind.service + ProblemKind.refusals)
        let value = builder.document(info)
        let faults = builder.faults + OpenAPIValidator(value, builder.operations).faults
        guard faults.isEmpty else { throw OpenAPIError(faults: faults) }
        self.info = info
        self.value = value
        operations = builder.operations
        tags = builder.tags
        problems = builder.sortedProblems
    }

    /// The document's bytes.
    package var json: [UInt8] {
        var writer = JSONWriter(capacity: 64 * 1_024)
        writer.value(value)
        return writer.finish()
    }

    /// The document as it is served.
    package func resource(gzip: Gzip?) -> FixedResource {
        FixedResource(json, type: "application/json", kind: .data, cacheControl: CachePolicy.revalidated, gzip: gzip)
    }

    /// The value that a pointer such as `#/components/schemas/Product` refers to (RFC 6901 §6).
    package func resolve(_ reference: String) -> JSONValue? { value.resolve(reference) }

    /// The differences between document and routes; none if every route is described and every described operation is served.
    package func differences(to routes: [Route]) -> [String] {
        // In OpenAPI a catch-all is one parameter.
        let served = Set(routes.map { "\($0.method.rawValue) \($0.template.description.replacing("...}", with: "}"))" })
        let described = Set(operations.map { "\($0.method) \($0.path)" })
        return served.subtracting(described).sorted().map { "\($0) is served but not described" }
            + described.subtracting(served).sorted().map { "\($0) is described but not served" }
    }
}

/// A method on a path.
package struct OpenAPIOperation: Sendable, Equatable {
    /// Upper case, as in a request line.
    package let method: String
    package let path: String
    /// The tag that it is listed under.
    package let tag: String
    /// The Operation Object of OpenAPI 3.1.
    package let value: JSONValue

    package var id: String { value["operationId"]?.stringValue ?? "" }

    /// The methods of a Path Item Object (OpenAPI 3.1 §4.8.9) that the service supports.
    static let methods = ["get", "head", "post", "put", "patch", "delete", "options"]
}

/// All faults in the fragments of an API document. The fragments are part of the program, so it is reported at the start.
package struct OpenAPIError: Error, CustomStringConvertible {
    package let faults: [String]
    package var description: String { faults.joined(separator: "; ") }
}
