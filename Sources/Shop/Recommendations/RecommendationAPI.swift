import CShopAPI
import OpenAPI

extension OpenAPIFragment {
    package static let recommendations = OpenAPIFragment(recommendations_openapi)
}
