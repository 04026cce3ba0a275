/// How the body of a request is to be read.
package struct BodyPlan: Sendable, Equatable {
    /// How many bytes it may have; nil for the server's own limit.
    package var limit: Int?
    /// Whether it is handed on as it comes, by ``Request/stream``, rather than gathered first.
    package var isStreamed: Bool

    package init(limit: Int? = nil, isStreamed: Bool = false) {
        self.limit = limit
        self.isStreamed = isStreamed
    }

    /// Gathered, up to the server's own limit.
    package static let standard = BodyPlan()
}
