import HTTPServer

/// What a route wants otherwise than the others.
package struct RouteOptions: Sendable {
    /// Its requests are logged at debug level: health checks come every few seconds and say nothing.
    package var isQuiet: Bool
    /// How long a request may take; nil for the service's own figure.
    package var deadline: Duration?
    /// How its requests' bodies are read.
    package var body: BodyPlan

    package init(isQuiet: Bool = false, deadline: Duration? = nil, body: BodyPlan = .standard) {
        self.isQuiet = isQuiet
        self.deadline = deadline
        self.body = body
    }

    package static let standard = RouteOptions()
    package static let quiet = RouteOptions(isQuiet: true)
}
