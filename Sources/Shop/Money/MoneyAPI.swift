import CShopAPI
import OpenAPI

extension OpenAPIFragment {
    package static let money = OpenAPIFragment(money_openapi)
}
