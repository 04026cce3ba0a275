import Dispatch
import EventLoop
import Logging
import Web

@testable import Configuration
@testable import Service

/// The routes that the service registers, as it registers them: a route that is new is among them by itself.
struct ServiceRoute: Sendable {
    let method: String
    /// As in the service's document.
    let template: String
    let access: RouteAccess

    var call: String { "\(method) \(template)" }

    /// Pages for people, which mails and the README link to; the document of the API has none of them.
    static let pages: Set<String> = [
        "GET /account/{page}", "GET /orders/{order}", "GET /dev/mail", "GET /dev/mail/page.css", "GET /dev/mail/{mail}",
        "GET /dev/mail/{mail}/html",
    ]

    /// All routes of a service that has everything switched on.
    static func all() throws -> [ServiceRoute] { try registered.get() }

    /// Reads the router of a loop on which nothing was started: no server is connected to.
    private static let registered = Result {
        let configuration = try Configuration.load(from: [
            "HOST": "127.0.0.1", "DATABASE_URL": "postgresql://localhost/none", "REDIS_URL": "redis://localhost", "MAILBOX": "on",
            "JWT_SECRET": Shop.tokenSecret, "CORS_ORIGINS": "https://shop.example",
        ])
        let logger = Logger(label: "test")
        let shared = try SharedServices(configuration, loopCount: 1, started: 0, logger: logger)
        let loop = try EventLoop(label: "test.loop")
        defer { loop.stop() }
        let done = DispatchSemaphore(value: 0)
        nonisolated(unsafe) var routes: [ServiceRoute] = []
        loop.execute {
            routes = LoopServices(loop: loop, shared: shared, logger: logger).router.routes.map { route in
                // In OpenAPI a catch-all is one parameter.
                ServiceRoute(
                    method: route.method.rawValue, template: route.template.description.replacing("...}", with: "}"),
                    access: route.options.access)
            }
            done.signal()
        }
        done.wait()
        return routes
    }
}
