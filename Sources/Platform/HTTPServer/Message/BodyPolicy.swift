/// How the body of a request is to be read.
package struct BodyPolicy: Sendable, Equatable {
    /// How many bytes it may have; nil for the server's own limit. More than that are counted only where it is streamed.
    package var limit: Int?
    /// Whether it is handed on as it comes, by ``Request/stream``, rather than gathered first.
    package var isStreamed: Bool
    /// How long it may take from the end of its head where it is gathered; nil for the server's own time.
    package var deadline: Duration?
    /// Whether nothing of it is read: the request is answered as if it had none, and the connection closes.
    package var isUnread = false

    package init(limit: Int? = nil, isStreamed: Bool = false, deadline: Duration? = nil) {
        self.limit = limit
        self.isStreamed = isStreamed
        self.deadline = deadline
    }

    /// Gathered, up to the server's own limit.
    package static let standard = BodyPolicy()
    /// For what needs no body. Some clients send an empty object all the same.
    package static let none = BodyPolicy(limit: 1 << 10)
    /// For what is refused by its head: neither kept nor waited for, and no 100 (Continue) asks for it (RFC 9110 §10.1.1).
    package static let unread: BodyPolicy = {
        var plan = BodyPolicy(limit: 0)
        plan.isUnread = true
        return plan
    }()
}
