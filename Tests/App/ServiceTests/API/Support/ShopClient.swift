import Foundation
import TestSupport

/// A client of a shop on a connection of its own: one request at a time. Every answer is checked for what holds for
/// all of them; failures are reported when the suite ends (``Shop/inspect()``).
///
/// In an async function its calls suspend, elsewhere they block.
struct ShopClient: Sendable {
    let shop: Shop
    private let http: HTTPTestClient

    init(_ shop: Shop, service: Int = 0) {
        self.shop = shop
        http = shop.services[service].client()
    }

    func send(_ method: String, _ path: String, _ headers: [(String, String)] = [], body: [UInt8]? = nil) throws -> Answer {
        let answer = Answer(try http.request(method, path, headers: headers, body: body))
        shop.note(answer, method, path, headers)
        return answer
    }

    func send(_ method: String, _ path: String, _ headers: [(String, String)] = [], json: String) throws -> Answer {
        try send(method, path, headers + [("Content-Type", "application/json")], body: Array(json.utf8))
    }

    func send(
        _ method: String, _ path: String, _ headers: [(String, String)] = [], body: [UInt8]? = nil
    ) async throws -> Answer {
        try await onOwnThread { try self.send(method, path, headers, body: body) }
    }

    func send(_ method: String, _ path: String, _ headers: [(String, String)] = [], json: String) async throws -> Answer {
        try await onOwnThread { try self.send(method, path, headers, json: json) }
    }

    func get(_ path: String, _ headers: [(String, String)] = []) throws -> Answer {
        try send("GET", path, headers)
    }

    func get(_ path: String, _ headers: [(String, String)] = []) async throws -> Answer {
        try await onOwnThread { try self.get(path, headers) }
    }

    // MARK: Orders

    /// Places an order for items as `("SKU", 2)`.
    func order(_ items: [(String, Int)], key: String = Shop.newKey(), more: String = "") throws -> Answer {
        let lines = items.map { #"{"sku":"\#($0.0)","quantity":\#($0.1)}"# }.joined(separator: ",")
        return try send(
            "POST", "/v1/orders", [("Idempotency-Key", key)], json: #"{"items":[\#(lines)],\#(more)\#(Self.buyer)}"#)
    }

    func order(_ items: [(String, Int)], key: String = Shop.newKey()) async throws -> Answer {
        try await onOwnThread { try self.order(items, key: key) }
    }

    /// Places an order from a cart; `more` are further members, each with a comma behind it.
    func order(_ cart: TestCart, key: String = Shop.newKey(), more: String = "") throws -> Answer {
        try send(
            "POST", "/v1/orders", [("Idempotency-Key", key), cart.header],
            json: #"{"cart_id":"\#(cart.id)",\#(more)\#(Self.buyer)}"#)
    }

    func order(_ cart: TestCart, key: String = Shop.newKey(), more: String = "") async throws -> Answer {
        try await onOwnThread { try self.order(cart, key: key, more: more) }
    }

    /// Who buys, as members of an order's body.
    static let buyer = """
        "email":"ada@example.com","shipping_address":{"name":"Ada Moss","line1":"1 Fern Row","city":"Leeds",\
        "postal_code":"LS1 4AP","country":"GB"}
        """

    // MARK: Carts

    func makeCart() async throws -> TestCart {
        TestCart(try await send("POST", "/v1/carts"))
    }

    func add(_ sku: String, _ quantity: Int, to cart: TestCart, _ headers: [(String, String)] = []) throws -> Answer {
        try send("POST", cart.path + "/items", headers + [cart.header], json: #"{"sku":"\#(sku)","quantity":\#(quantity)}"#)
    }

    @discardableResult
    func add(_ sku: String, _ quantity: Int, to cart: TestCart, _ headers: [(String, String)] = []) async throws -> Answer {
        try await onOwnThread { try self.add(sku, quantity, to: cart, headers) }
    }

    @discardableResult
    func set(_ sku: String, _ quantity: Int, in cart: TestCart, _ headers: [(String, String)] = []) async throws -> Answer {
        try await send("PUT", cart.path + "/items/" + sku, headers + [cart.header], json: #"{"quantity":\#(quantity)}"#)
    }

    func read(_ cart: TestCart, _ headers: [(String, String)] = []) async throws -> Answer {
        try await get(cart.path, headers + [cart.header])
    }

    func read(_ order: TestOrder, _ headers: [(String, String)] = []) async throws -> Answer {
        try await get(order.path, headers + [order.header])
    }

    func cancel(_ order: TestOrder) throws -> Answer {
        try send("POST", order.path + "/cancel", [order.header])
    }

    func cancel(_ order: TestOrder) async throws -> Answer {
        try await onOwnThread { try self.cancel(order) }
    }
}

/// A cart that was made: its id and secret.
struct TestCart: Sendable {
    let id: String
    let token: String

    init(_ answer: Answer) {
        id = answer["id"].text
        token = answer["token"].text
    }

    var path: String { "/v1/carts/" + id }
    var header: (String, String) { ("X-Cart-Token", token) }
}

/// An order that was placed: its id and secret.
struct TestOrder: Sendable {
    let id: String
    let token: String

    init(_ answer: Answer) {
        id = answer["id"].text
        token = answer["access_token"].text
    }

    var path: String { "/v1/orders/" + id }
    var header: (String, String) { ("X-Order-Token", token) }
}
