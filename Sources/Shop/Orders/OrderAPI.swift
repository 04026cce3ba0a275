import CShopAPI
import OpenAPI
import Web

extension OpenAPIFragment {
    package static let orders = OpenAPIFragment(
        orders_openapi,
        problems: [
            .insufficientStock, .priceChanged, .cartChanged, .cartEmpty, .idempotencyInFlight, .idempotencyKeyReused,
            .illegalTransition, .tooManyOrders, .openOrdersLimit, .heldUnitsLimit, .heldShareLimit,
        ])
}
