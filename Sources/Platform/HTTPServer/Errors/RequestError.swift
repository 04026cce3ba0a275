import HTTPTypes

/// Why the server rejects a request. The connection closes after it, since the two sides may disagree where the next request begins
/// (RFC 9112 §11.2).
package struct RequestError: Error, Equatable, Sendable {
    /// A detail that the status alone does not tell.
    package enum Cause: Sendable {
        case none
        /// An unknown transfer coding; otherwise a 501 means the method (RFC 9112 §6.1).
        case transferCoding
    }

    package let status: HTTPResponse.Status
    /// A short text for the client: it names the rule, and never repeats what was sent.
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
