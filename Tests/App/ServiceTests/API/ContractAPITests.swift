import TestSupport
import Testing

/// Real answers held against the document that the service serves.
@Suite(.shop([Goods("CONTRACT", stock: 100)]))
struct ContractAPITests {
    @Test("the answers of every call, good and bad, are as the document says")
    func answers() async throws {
        let client = ShopClient(try Shop.current)
        let contract = try OpenAPIContract(try await client.get("/openapi.json").response.body)
        #expect(contract.structureFaults() == [])
        var faults: [String] = []
        var checked = 0
        func call(
            _ method: String, _ path: String, _ headers: [(String, String)] = [], json: String? = nil
        ) async throws -> Answer {
            let answer =
                if let json {
                    try await client.send(method, path, headers, json: json)
                } else {
                    try await client.send(method, path, headers)
                }
            faults += contract.violations(of: answer.response, to: method, path)
            checked += 1
            return answer
        }

        let list = try await call("GET", "/v1/products?limit=1&include=total")
        let id = list["data"].elements[0]["id"].text
        let product = try await call("GET", "/v1/products/\(id)")
        _ = try await call("GET", "/v1/products/\(id)", [("If-None-Match", product.tag)])
        for path in [
            "/v1/products?limit=x", "/v1/products?cursor=x", "/v1/products/nothing", "/v1/categories", "/v1/categories/nothing",
            "/health", "/health/live", "/", "/openapi.json", "/assets/nothing.svg",
        ] { _ = try await call("GET", path) }

        _ = try await call("GET", "/", [("Accept", "application/json")])

        let euro = TestCart(try await call("POST", "/v1/carts", json: #"{"currency": "EUR"}"#))
        let mismatch = try await call(
            "POST", "/v1/carts/\(euro.id)/items", [euro.header], json: #"{"sku": "CONTRACT", "quantity": 1}"#)
        #expect(mismatch.code == "currency_mismatch")
        let cart = TestCart(try await call("POST", "/v1/carts", json: "{}"))
        let items = "/v1/carts/\(cart.id)/items"
        _ = try await call("POST", "/v1/carts", json: #"{"currency": 1}"#)
        _ = try await call("POST", items, [cart.header], json: #"{"sku": "CONTRACT", "quantity": 2}"#)
        _ = try await call("POST", items, [cart.header], json: #"{"sku": "NONE", "quantity": 0}"#)
        _ = try await call("POST", items, json: #"{"sku": "CONTRACT", "quantity": 2}"#)
        _ = try await call("PUT", items + "/CONTRACT", [cart.header], json: #"{"quantity": 3}"#)
        _ = try await call("PUT", items + "/CONTRACT", [cart.header, ("If-Match", "\"1.x\"")], json: #"{"quantity": 3}"#)
        _ = try await call("GET", "/v1/carts/\(cart.id)", [cart.header])
        let other = TestCart(try await call("POST", "/v1/carts", json: "{}"))
        _ = try await call("DELETE", "/v1/carts/\(other.id)/items/CONTRACT", [other.header])
        _ = try await call("DELETE", "/v1/carts/\(other.id)", [other.header])

        let rest = """
            "email": "ada@example.com", "shipping_address": {"name": "Ada", "line1": "1 Row", "city": "London", \
            "postal_code": "N1", "country": "GB"}}
            """
        func place(_ source: String, _ headers: [(String, String)] = []) async throws -> Answer {
            try await call("POST", "/v1/orders", [("Idempotency-Key", Shop.newKey())] + headers, json: "{\(source), \(rest)")
        }
        let order = TestOrder(try await place(#""cart_id": "\#(cart.id)""#, [cart.header]))
        _ = try await place(#""cart_id": "\#(cart.id)""#, [cart.header])
        _ = try await place(#""items": [{"sku": "CONTRACT", "quantity": 999}]"#)
        _ = try await place(#""items": [{"sku": "CONTRACT", "quantity": 1}], "expected_total": {"amount": 1, "currency": "USD"}"#)
        _ = try await place(#""items": []"#)
        _ = try await call("POST", "/v1/orders", json: "{}")
        _ = try await call("GET", order.path, [order.header])
        _ = try await call("GET", order.path)
        _ = try await call("POST", order.path + "/cancel", [order.header])

        let abroad = try await call(
            "POST", "/v1/orders", [("Idempotency-Key", Shop.newKey())],
            json: #"""
                {"items": [{"sku": "CONTRACT", "quantity": 1}], "email": "ada@example.com",
                 "shipping_address": {"name": "Ada", "line1": "1 Row", "postal_code": "546080", "country": "SG"}}
                """#)
        #expect(abroad.status == 201)

        #expect(checked > 30)
        #expect(faults == [])
    }
}
