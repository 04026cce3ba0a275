import CShopAPI
import OpenAPI
import Web

extension OpenAPIFragment {
    package static let money = OpenAPIFragment(money_openapi)
}
