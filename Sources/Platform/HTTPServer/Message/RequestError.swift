import HTTPTypes

/// What is wrong with a request that the server refuses. After it the connection cannot be trusted any more,
/// since the two sides may disagree where the next request begins (RFC 9112 §11.2).
package struct RequestError: Error, Equatable, Sendable {
    /// What a status alone does not tell.
    package enum Cause: Sendable {
        case none
        /// A transfer coding that is not known, where 501 would else mean the method (RFC 9112 §6.1).
        case transferCoding
    }

    package let status: HTTPResponse.Status
    /// Short and fit for the client: says which rule, never repeats what was sent.
    package let reason: String
    package let cause: Cause

    init(_ status: HTTPResponse.Status, _ reason: String, cause: Cause = .none) {
        self.status = status
        self.reason = reason
        self.cause = cause
    }

    /// Malformed (400).
    static func malformed(_ reason: String) -> RequestError { RequestError(.badRequest, reason) }
}
