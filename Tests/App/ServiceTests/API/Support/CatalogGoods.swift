import Foundation

/// A catalogue with many ties, so that lists have every occasion to lose a product or show it twice.
enum CatalogGoods {
    static let active = shelf.filter { $0.status == "active" }

    static let shelf: [Goods] = {
        let names = ["apple", "Apple", "Äpfel", "banana", "Zebra", "zebra", "éclair", "10 pencils", "9 pencils", "Ördög"]
        let categories: [String?] = ["home", "home/kitchen", "home/kitchen/knives", "home-office", "garden", nil]
        var goods = (0..<60).map { number in
            var product = Goods(String(format: "LIST-%02d", number), price: [500, 1000, 1000, 2500, 999][number % 5])
            product.id =
                UUID(
                    uuidString: String(
                        format: "%08X-0000-7000-8000-%012d", (number &* 2_654_435_761) & 0xffff_ffff,
                        number)) ?? UUID()
            product.name = names[number % names.count]
            product.category = categories[number % categories.count]
            product.age = [0, 0, 3600, 7200, 7200, 7200, 90_000][number % 7]
            product.tags = number % 4 == 0 ? ["enamel", "two words"] : []
            product.description = number % 3 == 0 ? "A thing of enamel, well made." : "Plain."
            product.images = number % 2 == 0 ? #"[{"url": "/assets/\#(number).svg", "alt": "No. \#(number)"}]"# : "[]"
            if number % 6 == 1 { product.variants[0].stock = 0 }
            if number % 10 == 3 {
                // The default variant is sold out, the second is not, and the third is not sold any more.
                product.variants[0].stock = 0
                product.variants.append(
                    Goods.Variant(sku: "LIST-\(number)-B", options: #"{"size": "M"}"#, price: 5000, stock: number % 20))
                product.variants.append(Goods.Variant(sku: "LIST-\(number)-C", price: 1, stock: 99, isActive: false))
            }
            return product
        }
        for number in [8, 21] { goods[number].name = "Enamel mug" }
        goods[30].status = "draft"
        goods[31].status = "archived"
        return goods
    }()

    /// Whether any of what is still sold of it is there.
    static func isInStock(_ product: Goods) -> Bool { product.variants.contains { $0.isActive && $0.stock > 0 } }
}
