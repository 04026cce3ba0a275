import Web

/// What one feature says about itself in the API's document.
///
///     extension OpenAPIFragment {
///         static let catalog = OpenAPIFragment(
///             tag: "Catalogue", description: "Products and categories.",
///             json: #"""
///                 {"paths": {"/v1/products": {"get": {"operationId": "listProducts", "summary": "…", …}}},
///                  "components": {"schemas": {"Product": {…}}}}
///                 """#,
///             problems: [.insufficientStock])
///     }
///
/// An operation without `tags` gets the fragment's, one without a `default` response gets `Problem`.
package struct OpenAPIFragment: Sendable {
    package let tag: String
    package let description: String
    /// An object with the members `paths` and `components` of OpenAPI 3.1, either of them or both.
    package let json: String
    /// The problems that its operations can answer with, besides those of the whole service.
    package let problems: [ProblemKind]

    package init(tag: String, description: String, json: String, problems: [ProblemKind] = []) {
        self.tag = tag
        self.description = description
        self.json = json
        self.problems = problems
    }
}
