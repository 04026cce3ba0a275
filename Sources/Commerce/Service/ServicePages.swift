import HTTPServer
import Logging
import Web

/// What is the same for everybody and known when the service starts: the API's document, its page, pictures.
struct ServicePages: Sendable {
    init(_ configuration: Configuration, logger: Logger) throws {}

    func register(on router: Router) {
    }
}
