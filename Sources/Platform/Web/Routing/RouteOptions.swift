import HTTPServer

/// What a route wants otherwise than the others.
package struct RouteOptions: Sendable {
    /// Its requests are logged at debug level: health checks come every few seconds and say nothing.
    package var isQuiet: Bool
    /// How long a request may take; nil for the service's own figure.
    package var deadline: Duration?
    /// How its requests' bodies are read. A route that says nothing takes no body, or a tiny one that means nothing.
    package var body: BodyPolicy
    /// Whether a body that is not empty has to be JSON: another is refused before it is sent, where the client asks first.
    package var takesJSON = false
    /// Its requests are answered whatever happens: no limit holds for them.
    package var bypassesAdmission = false
    /// Its handler runs with an admission, and under overload not at all. Not for what answers from memory, at least mostly:
    /// that passes the gate by itself where it has to.
    package var isAdmitted: Bool

    /// How many plain requests one of its counts as under the rate limit, by its query as it was sent; nil: one.
    package var cost: (@Sendable (ArraySlice<UInt8>?) -> Int)?

    package init(isQuiet: Bool = false, deadline: Duration? = nil, body: BodyPolicy = .none, isAdmitted: Bool = true) {
        self.isQuiet = isQuiet
        self.deadline = deadline
        self.body = body
        self.isAdmitted = isAdmitted
    }

    package static let standard = RouteOptions()
    /// Takes JSON of at most so many bytes.
    package static func json(upTo limit: Int) -> RouteOptions {
        var options = RouteOptions(body: BodyPolicy(limit: limit))
        options.takesJSON = true
        return options
    }
    /// For health checks: answered whatever happens.
    package static let quiet: RouteOptions = {
        var options = RouteOptions(isQuiet: true, isAdmitted: false)
        options.bypassesAdmission = true
        return options
    }()
    /// For what is answered from memory, at least mostly.
    package static let memory = RouteOptions(isAdmitted: false)
}
