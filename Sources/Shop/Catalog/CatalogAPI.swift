import CShopAPI
import OpenAPI
import Web

extension OpenAPIFragment {
    package static let catalog = OpenAPIFragment(catalog_openapi)
}
