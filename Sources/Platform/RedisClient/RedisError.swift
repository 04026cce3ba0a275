/// An error between this process and Redis.
///
/// Callers handle every code alike: they fall back to the source, as Redis is a cache.
package struct RedisError: Error, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// The breaker is open: the command was not sent.
        case unavailable
        /// No reply within the command's timeout or the request's deadline; it may still take effect.
        case timedOut
        /// The connection ended before the reply; the command may have taken effect.
        case connectionLost
        /// No connection could be opened, or its handshake was refused.
        case connectFailed
        /// The user or password is wrong or missing.
        case authenticationFailed
        /// Too many commands or bytes wait already.
        case overloaded
        /// Redis answered with an error; the message is its own.
        case server
        /// The peer violates the protocol, or exceeds the limits.
        case protocolViolation
        /// A reply of another kind than the command has.
        case unexpectedReply
        /// The client was closed.
        case closed
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "redis: \(code.rawValue): \(message)" }
}
