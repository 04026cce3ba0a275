import CShopAPI
import OpenAPI
import Web

extension OpenAPIFragment {
    package static let cart = OpenAPIFragment(
        cart_openapi, problems: [.cartActive, .cartConverted, .cartMerged, .cartExpired, .currencyMismatch])

    package static let cartLive = OpenAPIFragment(cart_live_openapi, problems: [.upgradeRequired])
}
