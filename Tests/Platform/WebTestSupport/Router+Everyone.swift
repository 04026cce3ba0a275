import HTTPTypes
import Web

/// Routes for everyone, for tests of other things than who may call them.
extension Router {
    package func add(_ method: HTTPRequest.Method, _ template: String, _ handler: @escaping Route.Handler) {
        add(method, template, .open(to: .everyone), handler)
    }

    package func get(_ template: String, _ handler: @escaping Route.Handler) { add(.get, template, handler) }

    package func post(_ template: String, _ handler: @escaping Route.Handler) { add(.post, template, handler) }
}
