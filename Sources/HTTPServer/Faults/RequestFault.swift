import HTTPTypes

/// What is wrong with a request that the server refuses. After it the connection cannot be trusted any more,
/// since the two sides may disagree where the next request begins (RFC 9112 §11.2).
package struct RequestFault: Error, Equatable, Sendable {
    package let status: HTTPResponse.Status
    /// Short and fit for the client: says which rule, never repeats what was sent.
    package let reason: String

    init(_ status: HTTPResponse.Status, _ reason: String) {
        self.status = status
        self.reason = reason
    }

    /// Malformed (400).
    static func malformed(_ reason: String) -> RequestFault { RequestFault(.badRequest, reason) }
}
