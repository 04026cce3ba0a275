import Testing

/// What is sent on one connection, and exactly what must come of it.
struct WireCase: CustomTestStringConvertible, Sendable {
    enum End {
        /// The server answers no more, says so, and closes.
        case closed
        /// The next request is answered.
        case kept
    }

    let name: String
    /// Scalars up to U+00FF are bytes of that value.
    let sent: String
    /// Of the final replies, in order.
    let statuses: [Int]
    let end: End
    /// The body of the last of them; nil: any.
    var body: String?
    var testDescription: String { name }

    init(_ name: String, _ sent: String, _ statuses: [Int], _ end: End, body: String? = nil) {
        self.name = name
        self.sent = sent
        self.statuses = statuses
        self.end = end
        self.body = body
    }
}
