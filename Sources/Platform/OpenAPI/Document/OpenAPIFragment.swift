import COpenAPI
import Web

/// One feature's part of the API document: a JSON file beside the feature's routes, which a C target embeds in the program.
///
///     extension OpenAPIFragment {
///         package static let catalog = OpenAPIFragment(catalog_openapi, problems: [.insufficientStock])
///     }
///
/// The file is an object with the members `tags` (at most one), `paths` and `components` of OpenAPI 3.1, each of them optional.
/// An operation without `tags` gets the fragment's tag, and one without a `default` response gets `Problem`.
package struct OpenAPIFragment: Sendable {
    package let json: [UInt8]
    /// The problems that its operations can respond with, besides those that any operation can.
    package let problems: [ProblemKind]

    package init(_ file: EmbeddedFile, problems: [ProblemKind] = []) {
        self.init(json: [UInt8](embedded: file), problems: problems)
    }

    package init(json: [UInt8], problems: [ProblemKind] = []) {
        self.json = json
        self.problems = problems
    }

    /// The documentation itself, the problems and the header fields: part of every ``OpenAPIDocument``.
    static let platform = [docs_openapi, problems_openapi, headers_openapi].map { OpenAPIFragment($0) }
}
