import Foundation
import TestSupport
import Testing

/// The language of an order's shopper.
@Suite(.shop(OrderGoods.shelf))
struct OrderLocaleAPITests {
    @Test(
        "an order has the language that its request prefers, among those of the shop",
        arguments: [
            ("de-AT, en;q=0.5", JSON.string("de")), ("fr, en;q=0.1", "en"), ("fr", .absent), ("*", .absent), (nil, .absent),
        ] as [(String?, JSON)])
    func locale(accepted: String?, expected: JSON) async throws {
        let client = ShopClient(try Shop.current)
        let key = Shop.newKey()
        let headers = [("Idempotency-Key", key)] + (accepted.map { [("Accept-Language", $0)] } ?? [])
        let body = #"{"items":[{"sku":"SHIRT-S","quantity":1}],\#(ShopClient.buyer)}"#
        let placed = try await client.send("POST", "/v1/orders", headers, json: body)
        #expect(placed.status == 201 && placed["locale"] == expected)
        let order = TestOrder(placed)
        let read = try await client.read(order)
        #expect(read["locale"] == expected)
        // What is stored is byte for byte what was answered, or the tag would not match.
        #expect(read.tag == placed.tag)
        // A repeated request in another language changes nothing.
        let again = try await client.send(
            "POST", "/v1/orders", [("Idempotency-Key", key), ("Accept-Language", "de")], json: body)
        #expect(again["locale"] == expected && again["id"].text == order.id)
    }
}
