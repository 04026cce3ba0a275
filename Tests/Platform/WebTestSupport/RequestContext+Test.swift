import EventLoop
import HTTPServer
import Logging

import Web

extension RequestContext {
    /// A context as the application makes it for a request without a route.
    package convenience init(_ request: Request, deadline: Deadline = .after(.seconds(30))) {
        self.init(
            request: request, requestID: "r-1", clientAddress: request.peer, route: nil, parameters: PathParameters(),
            deadline: deadline, logger: Logger(label: "test"))
    }
}
