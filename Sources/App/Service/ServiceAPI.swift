import CServiceAPI
import OpenAPI
import Web

extension OpenAPIFragment {
    /// The service's calls about itself, besides those of every ``OpenAPIDocument``.
    package static let service = OpenAPIFragment(service_openapi)
}
