import CShopAPI
import OpenAPI

extension OpenAPIFragment {
    package static let catalog = OpenAPIFragment(catalog_openapi)
}
