/// What the shops sell whose servers fail.
enum FaultGoods {
    static let shelf = (0..<12).map { number in
        var goods = Goods("FAULT-\(number)", price: Int64(1000 + number), stock: 1_000_000)
        goods.category = number % 2 == 0 ? "home" : "home/kitchen"
        return goods
    }

    /// What everybody reads.
    static let warmPaths = [
        "/v1/products/fault-0", "/v1/products/fault-1", "/v1/products/fault-2", "/v1/products", "/v1/products?category=home",
        "/v1/products?sort=price&limit=5", "/v1/categories",
    ]

    static func sku() -> String { "FAULT-\(Int.random(in: 0..<12))" }
}
