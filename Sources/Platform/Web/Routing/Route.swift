import HTTPServer
import HTTPTypes

/// A method and a path template, and who answers.
package final class Route {
    /// Answers a request on its loop; what it throws becomes a problem.
    package typealias Handler = (RequestContext) async throws -> Response
    /// Answers where it can without waiting, outside any task; nil: the handler is to.
    package typealias Shortcut = (RequestContext) throws -> Response?

    package let method: HTTPRequest.Method
    package let template: RouteTemplate
    package let options: RouteOptions
    package private(set) var handler: Handler
    /// Tried before the handler; nil where there is none.
    let shortcut: Shortcut?
    let metrics: RouteMetrics

    init(
        method: HTTPRequest.Method, template: RouteTemplate, options: RouteOptions, metrics: RouteMetrics,
        shortcut: Shortcut?, handler: @escaping Handler
    ) {
        self.method = method
        self.template = template
        self.options = options
        self.metrics = metrics
        self.shortcut = shortcut
        self.handler = handler
    }

    /// Lets its handler run only with an admission.
    func admit(through gate: AdmissionGate) {
        let work = gate.work()
        handler = { [handler] context in try await gate.admit(context, to: work) { try await handler(context) } }
    }
}
