import HTTPServer

/// What a route wants otherwise than the others.
package struct RouteOptions: Sendable {
    /// Its requests are logged at debug level: health checks come every few seconds and say nothing.
    package var isQuiet: Bool
    /// How long a request may take; nil for the service's own figure.
    package var deadline: Duration?
    /// How its requests' bodies are read.
    package var body: BodyPlan
    /// Its requests are answered whatever happens: no limit holds for them.
    package var isVital = false
    /// Its handler runs with an admission, and under overload not at all. Not for what answers from memory, at least mostly:
    /// that passes the gate by itself where it has to.
    package var isAdmitted: Bool

    package init(isQuiet: Bool = false, deadline: Duration? = nil, body: BodyPlan = .standard, isAdmitted: Bool = true) {
        self.isQuiet = isQuiet
        self.deadline = deadline
        self.body = body
        self.isAdmitted = isAdmitted
    }

    package static let standard = RouteOptions()
    /// For health checks: answered whatever happens.
    package static let quiet: RouteOptions = {
        var options = RouteOptions(isQuiet: true, isAdmitted: false)
        options.isVital = true
        return options
    }()
    /// For what is answered from memory, at least mostly.
    package static let memory = RouteOptions(isAdmitted: false)
}
