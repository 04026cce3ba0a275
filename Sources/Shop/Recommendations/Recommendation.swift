import FoundationEssentials

/// Why a product is recommended. The better reasons come first.
package enum RecommendationReason: String, CaseIterable, Sendable {
    /// Orders with the product often have this one, more often than its popularity explains.
    case alsoBought = "also_bought"
    /// It is like the product: of its category, with its attributes, or with a similar name.
    case related
    /// It sells well.
    case popular
}

/// Recommended products, the best first, without duplicates.
struct Recommendations: Equatable {
    struct Item: Equatable {
        let product: UUID
        let reason: RecommendationReason
    }

    private(set) var items: [Item] = []
    /// Products that are not recommended: those for which the others are wanted, and those that are there already.
    private(set) var excluded: Set<UUID>
    private let limit: Int

    init(for products: [UUID], limit: Int) {
        excluded = Set(products)
        self.limit = limit
    }

    var isFull: Bool { items.count >= limit }

    /// Adds products of a further reason until there are enough.
    mutating func add(_ products: [UUID], as reason: RecommendationReason) {
        for product in products where !isFull && excluded.insert(product).inserted {
            items.append(Item(product: product, reason: reason))
        }
    }
}
