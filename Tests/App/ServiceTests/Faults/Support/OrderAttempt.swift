/// An order as a client asks for it, as often as it takes, with one key.
struct OrderAttempt: Sendable {
    let key = Shop.newKey()
    let body: String

    /// One or two SKUs out of few, so that orders meet at their locks.
    init() {
        let lines = Set([FaultGoods.sku(), FaultGoods.sku()]).map { #"{"sku":"\#($0)","quantity":1}"# }
        body = #"{"items":[\#(lines.joined(separator: ","))],\#(ShopClient.buyer)}"#
    }
}
