/// What is asked for, of the catalogue that Tests/Bench/bench makes.
enum RequestKind: String, Sendable {
    /// Three lines of random SKUs, at once and without a cart.
    case order
    /// Any of 10,000 products.
    case product
    /// The same one again and again.
    case hot
    /// A list that nobody has asked for yet.
    case list
    case health

    /// - Parameter key: one that was not used before
    func request(address: String, key: String) -> [UInt8] {
        switch self {
        case .order: return order(address, key)
        case .product:
            let number = String(Int.random(in: 1...10_000))
            let padded = String(repeating: "0", count: 12 - number.count) + number
            return get("/v1/products/01900000-0000-7000-8000-\(padded)", address)
        case .hot: return get("/v1/products/product-7", address)
        case .list: return get("/v1/products?limit=20&max_price=\(Int.random(in: 50_000...1_000_000_000))", address)
        case .health: return get("/health", address)
        }
    }

    private func get(_ path: String, _ address: String) -> [UInt8] {
        Array("GET \(path) HTTP/1.1\r\nHost: shop\r\nX-Forwarded-For: \(address)\r\n\r\n".utf8)
    }

    private func order(_ address: String, _ key: String) -> [UInt8] {
        let items = [1...3_333, 3_334...6_666, 6_667...10_000]
            .map { #"{"sku":"SKU-\#(Int.random(in: $0))","quantity":\#(Int.random(in: 1...3))}"# }.joined(separator: ",")
        let body = #"{"items":[\#(items)],"email":"ada@example.com","shipping_address":{"name":"Ada","#
            + #""line1":"1 Analytical Row","city":"London","postal_code":"N1 7AA","country":"GB"}}"#
        return Array(
            ("POST /v1/orders HTTP/1.1\r\nHost: shop\r\nX-Forwarded-For: \(address)\r\nContent-Type: application/json\r\n"
                + "Idempotency-Key: \(key)\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body).utf8)
    }
}
