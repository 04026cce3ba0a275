import COpenAPI
import Web

/// One feature's part of the API document: a JSON file beside the feature's routes, which a C target embeds in the program.
///
///     extension OpenAPIFragment {
///         static let catalog = OpenAPIFragment(catalog_openapi, problems: [.insufficientStock])
///     }
///
/// The file is an object with the members `tags` (none or one), `paths` and `components` of OpenAPI 3.1, each of them optional.
/// An operation without `tags` gets the fragment's tag, and one without a `default` response gets `Problem`.
package struct OpenAPIFragment: Sendable {
    package let json: [UInt8]
    /// The problems that its operations can answer with, besides those that any operation can.
    package let problems: [ProblemKind]

    package init(json: [UInt8], problems: [ProblemKind] = []) {
        self.json = json
        self.problems = problems
    }

    /// - Parameter document: a C function that returns the embedded file and writes the number of its bytes
    package init(_ document: (UnsafeMutablePointer<Int>) -> UnsafePointer<UInt8>, problems: [ProblemKind] = []) {
        self.init(json: [UInt8](embedded: document), problems: problems)
    }

    /// The documentation itself, the problems and the header fields: part of every ``OpenAPIDocument``.
    static let shared = [docs_openapi, problems_openapi, headers_openapi].map { OpenAPIFragment($0) }
}

extension [UInt8] {
    /// The bytes of a file that a C target embeds in the program.
    /// - Parameter document: a C function that returns the file and writes the number of its bytes
    package init(embedded document: (UnsafeMutablePointer<Int>) -> UnsafePointer<UInt8>) {
        var count = 0
        let bytes = document(&count)
        self.init(UnsafeBufferPointer(start: bytes, count: count))
    }
}
