import CShopAPI
import OpenAPI

extension OpenAPIFragment {
    /// The data of the events about webhooks.
    package static let webhooks = OpenAPIFragment(webhooks_openapi)
}
