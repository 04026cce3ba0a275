import HTTPServer
import HTTPTypes

/// A method and a path template, and who answers.
package final class Route {
    /// Answers a request on its loop; what it throws becomes a problem.
    package typealias Handler = (RequestContext) async throws -> Response

    package let method: HTTPRequest.Method
    package let template: RouteTemplate
    package let options: RouteOptions
    package let handler: Handler
    let metrics: RouteMetrics

    init(
        method: HTTPRequest.Method, template: RouteTemplate, options: RouteOptions, metrics: RouteMetrics,
        handler: @escaping Handler
    ) {
        self.method = method
        self.template = template
        self.options = options
        self.metrics = metrics
        self.handler = handler
    }
}
