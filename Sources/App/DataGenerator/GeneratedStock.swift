/// What the generated orders hold and have taken of each variant; and so what was there to begin with.
struct GeneratedStock {
    private var held: [Int32]
    private var taken: [Int32]
    private let seed: UInt64

    /// Room for five variants of each product.
    init(products: Int, seed: UInt64) {
        held = Array(repeating: 0, count: products * Self.most)
        taken = held
        self.seed = seed
    }

    private static let most = 5

    mutating func note(_ order: GeneratedOrder) {
        for line in order.lines {
            let place = line.product * Self.most + line.variant
            guard held.indices.contains(place), line.variant < Self.most else { continue }
            switch order.holding {
            case .held: held[place] += Int32(clamping: line.quantity)
            case .captured: taken[place] += Int32(clamping: line.quantity)
            case .released: break
            }
        }
    }

    /// What was imported of a variant, what of that is still there, and what of that is promised. One in eight is sold out.
    func levels(product: Int, variant: Int) -> (imported: Int, onHand: Int, reserved: Int) {
        let place = product * Self.most + variant
        guard held.indices.contains(place), variant < Self.most else { return (0, 0, 0) }
        var hash = SeededHash(seed: seed, stream: 6, index: place)
        let left = hash.below(8) == 0 ? 0 : 1 + hash.below(500)
        let (reserved, gone) = (Int(held[place]), Int(taken[place]))
        return (left + reserved + gone, left + reserved, reserved)
    }
}
