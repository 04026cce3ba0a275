/// A request to Amazon Web Services has no answer.
package struct AWSError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: String, Sendable {
        /// There are no credentials to sign with.
        case credentials
        /// No answer of the service.
        case connection
        /// The task was cancelled, or the client is closed.
        case cancelled
    }

    package let kind: Kind
    /// One line without secrets.
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    package var description: String { message }
}
