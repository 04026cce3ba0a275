import CShopAPI
package import OpenAPI

extension OpenAPIFragment {
    /// The data of the events about stock.
    package static let inventory = OpenAPIFragment(inventory_openapi)
}
