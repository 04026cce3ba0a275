import Accounts
import Configuration
import CServiceAPI
import Cart
import Catalog
import Compression
import Inventory
import Money
import OpenAPI
import Orders
import Recommendations
import Webhooks

extension OpenAPIDocument {
    /// The API of the shop and the service.
    /// - Parameter server: the URL of the API, or `/` if it is not known
    /// - Throws: ``OpenAPIError`` if the fragments have faults, which the tests would have shown
    static func shop(server: String = "/") throws(OpenAPIError) -> OpenAPIDocument {
        let info = Info(
            title: "Shop", version: Version.text, description: String(embedded: introduction_markdown), server: server)
        return try OpenAPIDocument(
            info: info,
            fragments: [
                .catalog, .recommendations, .cart, .cartLive, .orders, .accounts, .inventory, .webhooks, .service, .money,
            ])
    }
}

extension OpenAPIFragment {
    /// Health checks and images.
    static let service = OpenAPIFragment(service_openapi)
}

extension HomePage {
    static func shop(_ document: OpenAPIDocument, gzip: Gzip? = nil) -> HomePage {
        HomePage(
            document.info,
            introduction: "This is the API of an online shop. Storefronts and apps use it to show products, fill carts and place "
                + "orders.",
            links: [
                Link(
                    name: "products", path: "/v1/products?limit=10", title: "Products",
                    description: "The newest products of the catalogue, as JSON."),
                Link(
                    name: "categories", path: "/v1/categories", title: "Categories",
                    description: "The category tree, as JSON."),
                Link(
                    name: "events", path: "/events.json", title: "Events",
                    description: "What webhooks, mails and queues get, as an AsyncAPI document."),
                Link(name: "health", path: "/health", title: "Health", description: "The state of the service, as JSON."),
            ],
            gzip: gzip)
    }
}
