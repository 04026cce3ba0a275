import CShopAPI
import OpenAPI
import Web

extension OpenAPIFragment {
    package static let cartLive = OpenAPIFragment(cart_live_openapi, problems: [.upgradeRequired])
}
