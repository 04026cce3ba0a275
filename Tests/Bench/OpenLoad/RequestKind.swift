/// The kinds of requests, for the catalogue that Tests/Bench/bench makes.
enum RequestKind: String, Sendable {
    /// Three lines of random SKUs, at once and without a cart.
    case order
    /// Any of 10,000 products.
    case product
    /// The same one again and again.
    case hot
    /// A list that was not requested before.
    case list
    /// Two words of the catalogue's names.
    case search
    case health
    /// What shoppers do, without carts: they look at products, at lists, search, and order now and then.
    case journey
    /// A sign-in with a stolen password, each for another address.
    case signIn = "sign_in"

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
        case .search:
            return get(
                "/v1/products?limit=20&q=\(Self.first.randomElement() ?? "")+\(Self.second.randomElement() ?? "")", address)
        case .health: return get("/health", address)
        case .signIn:
            let body = #"{"email":"\#(key)@example.org","password":"one stolen password"}"#
            return Array(
                ("POST /v1/sessions HTTP/1.1\r\nHost: shop\r\nX-Forwarded-For: \(address)\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n" + body).utf8)
        case .journey:
            let kind: RequestKind =
                switch Int.random(in: 0..<100) {
                case ..<30: .hot
                case ..<60: .product
                case ..<80: .list
                case ..<92: .search
                default: .order
                }
            return kind.request(address: address, key: key)
        }
    }

    /// Some of those that Tests/Bench/rig.py gives to products.
    private static let first = ["oak", "linen", "brass", "cotton", "copper", "walnut", "wool", "glass"]
    private static let second = ["chair", "lamp", "table", "bowl", "mug", "rug", "shelf", "clock"]

    private func get(_ path: String, _ address: String) -> [UInt8] {
        Array("GET \(path) HTTP/1.1\r\nHost: shop\r\nX-Forwarded-For: \(address)\r\n\r\n".utf8)
    }

    private func order(_ address: String, _ key: String) -> [UInt8] {
        let items = [1...3_333, 3_334...6_666, 6_667...10_000]
            .map { #"{"sku":"SKU-\#(Int.random(in: $0))","quantity":\#(Int.random(in: 1...3))}"# }.joined(separator: ",")
        let body =
            #"{"items":[\#(items)],"email":"ada@example.com","shipping_address":{"name":"Ada","#
            + #""line1":"1 Analytical Row","city":"London","postal_code":"N1 7AA","country":"GB"}}"#
        return Array(
            ("POST /v1/orders HTTP/1.1\r\nHost: shop\r\nX-Forwarded-For: \(address)\r\nContent-Type: application/json\r\n"
                + "Idempotency-Key: \(key)\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body).utf8)
    }
}
