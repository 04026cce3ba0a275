import Formats

/// One call of the API: a method on a path.
package struct OpenAPIOperation: Sendable, Equatable {
    /// Upper case, as in a request line.
    package let method: String
    package let path: String
    /// The tag it is listed under.
    package let tag: String
    /// The Operation Object of OpenAPI 3.1.
    package let value: JSONValue

    package var id: String { value["operationId"]?.stringValue ?? "" }

    /// The methods a Path Item Object can have (OpenAPI 3.1 §4.8.9) that the service knows.
    static let methods = ["get", "head", "post", "put", "patch", "delete", "options"]
}
