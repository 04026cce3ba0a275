import HTTPTypes

/// Why the server answers a request itself, before anybody else sees it.
package struct RejectedRequest: Sendable {
    package let status: HTTPResponse.Status
    /// A short reason fit for the client.
    package let reason: String
    /// When the request began, in nanoseconds of the monotonic clock.
    package let received: UInt64
    /// The address of the other end of the connection.
    package let peer: String

    package let cause: RequestError.Cause

    init(_ fault: RequestError, received: UInt64, peer: String) {
        self.init(status: fault.status, reason: fault.reason, cause: fault.cause, received: received, peer: peer)
    }

    package init(status: HTTPResponse.Status, reason: String, cause: RequestError.Cause = .none, received: UInt64, peer: String) {
        self.cause = cause
        self.status = status
        self.reason = reason
        self.received = received
        self.peer = peer
    }
}
