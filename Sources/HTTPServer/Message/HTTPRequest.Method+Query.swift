import HTTPTypes

extension HTTPRequest.Method {
    /// A GET with a body (draft-ietf-httpbis-safe-method-w-body).
    package static let query: HTTPRequest.Method = {
        guard let method = HTTPRequest.Method("QUERY") else { preconditionFailure("QUERY is a token") }
        return method
    }()
}
