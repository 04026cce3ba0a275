import Formats
import FoundationEssentials
import Orders

/// A generated category: a department, a kind of product within it or, in a large shop, a collection within a kind.
struct GeneratedCategory: Equatable {
    let id: UUID
    let parent: UUID?
    let slug: String
    let name: String
    let path: String
    /// The things that are sold in it; empty if its products are in its children.
    let things: [String]

    /// The tree, parents before children.
    static func tree(_ options: GeneratorOptions) -> [GeneratedCategory] {
        let (seed, opening) = (options.seed, options.period.opening)
        var tree: [GeneratedCategory] = []
        let mark = SeededHash.mark(seed)
        func add(_ name: String, below parent: GeneratedCategory?, things: [String]) -> GeneratedCategory {
            // Slugs are unique across the whole tree.
            let text = parent.map { "\($0.slug)-\(name.lowercased())" } ?? mark + name.lowercased()
            let slug = text.split(separator: " ").joined(separator: "-")
            var hash = SeededHash(seed: seed, stream: 1, index: tree.count)
            let category = GeneratedCategory(
                id: UUID.v7(at: opening, random: hash.next()), parent: parent?.id, slug: slug, name: name,
                path: parent.map { "\($0.path)/\(slug)" } ?? slug, things: things)
            tree.append(category)
            return category
        }
        let kinds = GeneratedWords.departments.reduce(0) { $0 + $1.kinds.count }
        // Some hundreds of products for each collection.
        let collections = min(GeneratedWords.makers.count, options.products / (kinds * 500))
        for department in GeneratedWords.departments {
            let top = add(department.name, below: nil, things: [])
            for kind in department.kinds {
                let middle = add(kind.name, below: top, things: collections < 2 ? kind.things : [])
                guard collections >= 2 else { continue }
                for maker in GeneratedWords.makers.prefix(collections) { _ = add(maker, below: middle, things: kind.things) }
            }
        }
        return tree
    }
}

/// A generated product: a function of the seed and its index.
struct GeneratedProduct {
    struct Variant: Equatable {
        let id: UUID
        let sku: String
        let name: String
        /// An option's name and value.
        let option: (name: String, value: String)
        let price: Int64

        static func == (left: Variant, right: Variant) -> Bool {
            left.id == right.id && left.sku == right.sku && left.name == right.name && left.option == right.option
                && left.price == right.price
        }
    }

    /// The part of a product that an order needs, computed without the rest.
    struct Core: Equatable {
        let index: Int
        let id: UUID
        let variants: Int
        let createdAt: Timestamp
        /// The price of the default variant.
        let price: Int64

        init(_ index: Int, _ options: GeneratorOptions) {
            var hash = SeededHash(seed: options.seed, stream: 2, index: index)
            self.index = index
            createdAt = options.period.moment(index, of: options.products)
            id = UUID.v7(at: createdAt, random: hash.next())
            variants = Self.spread[hash.below(Self.spread.count)]
            // From 1.99 to 2,500, with far more low prices.
            let unit = Double(hash.next() >> 11) * 0x1p-53
            price = Int64(unit * unit * unit * 250_000) / 100 * 100 + 199
        }

        /// The numbers of variants: one to five, 2.2 on average.
        private static let spread = [1, 1, 1, 1, 2, 2, 3, 3, 3, 5]

        func variantID(_ variant: Int, seed: UInt64) -> UUID {
            var hash = SeededHash(seed: seed, stream: 3, index: index * 8 + variant)
            return UUID.v7(at: createdAt, random: hash.next())
        }

        func sku(_ variant: Int, seed: UInt64) -> String { "GEN-\(SeededHash.mark(seed))\(index + 1)-\(variant + 1)" }

        func price(of variant: Int) -> Int64 { price + Int64(variant) * 100 }
    }

    let core: Core
    let slug: String
    let name: String
    let description: String
    let category: GeneratedCategory
    let tags: [String]
    let brand: String
    let colour: String
    let images: [(url: String, alt: String)]
    let isActive: Bool

    /// - Parameter categories: The categories that contain products.
    init(_ core: Core, categories: [GeneratedCategory], seed: UInt64) {
        self.core = core
        var hash = SeededHash(seed: seed, stream: 4, index: core.index)
        let category = categories[hash.below(categories.count)]
        let thing = hash.pick(category.things)
        // One rare word for about thirty products, for searches for rare words.
        let series = SeededHash.word(core.index / 32)
        let name = "\(hash.pick(GeneratedWords.adjectives)) \(hash.pick(GeneratedWords.materials)) \(thing) \(series)"
        self.name = name
        self.category = category
        slug = "\(name.lowercased().split(separator: " ").joined(separator: "-"))-\(SeededHash.mark(seed))\(core.index + 1)"
        description =
            "\(hash.pick(GeneratedWords.makers)): \(hash.pick(GeneratedWords.sentences)) \(hash.pick(GeneratedWords.sentences))"
        var tags: [String] = []
        for _ in 0..<hash.below(4) {
            let tag = hash.pick(GeneratedWords.tags)
            if !tags.contains(tag) { tags.append(tag) }
        }
        self.tags = tags
        images = (0...hash.below(3)).map { ("/assets/generated/\(core.index % 97)-\($0).svg", name) }
        isActive = hash.below(50) != 0
        // Few brands have many products, and many have few.
        brand = SeededHash.word(hash.below(1 + hash.below(300)))
        colour = hash.pick(GeneratedWords.colours)
    }

    /// As the database's function `product_facets` writes them.
    func facets(seed: UInt64) -> [String] {
        var words: Set = ["brand:" + brand, "attr.colour:" + colour]
        for tag in tags { words.insert("tag:" + tag) }
        for number in 0..<core.variants {
            let option = variant(number, seed: seed).option
            words.insert("option.\(option.name):\(option.value)")
        }
        return words.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    func variant(_ index: Int, seed: UInt64) -> Variant {
        let isSized = core.index % 3 != 0
        let values = isSized ? GeneratedWords.sizes : GeneratedWords.colours
        let value = values[index % values.count]
        return Variant(
            id: core.variantID(index, seed: seed), sku: core.sku(index, seed: seed), name: core.variants == 1 ? "Default" : value,
            option: (isSized ? "size" : "colour", value), price: core.price(of: index))
    }
}

extension SeededHash {
    /// The prefix of unique values, so two seeds fit into one database.
    static func mark(_ seed: UInt64) -> String { seed == 1 ? "" : "s\(seed)-" }

    /// A pronounceable word, different for each number.
    static func word(_ number: Int) -> String {
        let syllables = ["ba", "de", "fi", "go", "lu", "ma", "ne", "pi", "ro", "su", "ta", "ve", "zo", "ka", "li", "mu"]
        var text = ""
        var rest = max(0, number)
        repeat {
            text += syllables[rest % 16]
            rest /= 16
        } while rest > 0 || text.utf8.count < 6
        return text.prefix(1).uppercased() + text.dropFirst() + "x"
    }
}

/// A generated order: a function of the seed and its index.
struct GeneratedOrder {
    struct Line: Equatable {
        let product: Int
        let variant: Int
        let quantity: Int
    }

    enum Holding { case held, captured, released }

    let index: Int
    let id: UUID
    let placedAt: Timestamp
    let lines: [Line]
    let statuses: [OrderStatus]

    var status: OrderStatus { statuses.last ?? .pendingPayment }

    /// The state of the stock that the order reserved.
    var holding: Holding {
        switch status {
        case .pendingPayment: .held
        case .cancelled, .expired: .released
        default: .captured
        }
    }

    init(_ index: Int, _ options: GeneratorOptions) {
        let (orders, products) = (options.orders, options.products)
        var hash = SeededHash(seed: options.seed, stream: 5, index: index)
        self.index = index
        placedAt = options.period.moment(index, of: orders)
        id = UUID.v7(at: placedAt, random: hash.next())
        let wanted = 1 + hash.below(6)
        var lines: [Line] = []
        for _ in 0..<wanted {
            // Half of all lines are for popular products.
            let product = hash.below(2) == 0 ? hash.popular(of: products) : hash.below(products)
            let core = GeneratedProduct.Core(product, options)
            let line = Line(product: product, variant: hash.below(core.variants), quantity: 1 + hash.below(3))
            // An order has each variant once.
            if !lines.contains(where: { $0.product == line.product && $0.variant == line.variant }) { lines.append(line) }
        }
        self.lines = lines
        // The newest orders are not paid yet; most others are delivered.
        statuses = index >= orders - max(1, orders / 500) ? [.pendingPayment] : Self.histories[hash.below(Self.histories.count)]
    }

    private static let histories: [[OrderStatus]] = {
        let delivered: [OrderStatus] = [.pendingPayment, .confirmed, .processing, .shipped, .delivered]
        return Array(repeating: delivered, count: 35) + [
            Array(delivered.prefix(4)), Array(delivered.prefix(3)), Array(delivered.prefix(2)), [.pendingPayment, .expired],
            [.pendingPayment, .cancelled],
        ]
    }()

    /// The time at which the order reached a status.
    func moment(of step: Int) -> Timestamp { placedAt + .seconds(step * 3_000) }

    /// A number that looks random and is unique: multiplying by an odd number and folding are both reversible.
    static func number(_ index: Int, seed: UInt64) -> String {
        let mask: UInt64 = 1 << 50 - 1
        var bits = (UInt64(truncatingIfNeeded: index) &+ seed &* 0x1_0000_0001) & mask
        bits = bits &* 0x2_545F_4914_F6CD & mask
        bits ^= bits >> 25
        bits = bits &* 0x1_9E37_79B9_7F4B & mask
        return OrderNumber.make(random: bits ^ bits >> 27)
    }
}

/// The stock of each variant: what generated orders hold and have taken, and so what was imported.
struct GeneratedStock {
    private var held: [Int32]
    private var taken: [Int32]
    private let seed: UInt64

    init(products: Int, seed: UInt64) {
        held = Array(repeating: 0, count: products * Self.most)
        taken = held
        self.seed = seed
    }

    /// The most variants of a product.
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

    /// The quantities of a variant that were imported, are on hand and are reserved. One variant in eight is sold out.
    func levels(product: Int, variant: Int) -> (imported: Int, onHand: Int, reserved: Int) {
        let place = product * Self.most + variant
        guard held.indices.contains(place), variant < Self.most else { return (0, 0, 0) }
        var hash = SeededHash(seed: seed, stream: 6, index: place)
        let left = hash.below(8) == 0 ? 0 : 1 + hash.below(500)
        let (reserved, gone) = (Int(held[place]), Int(taken[place]))
        return (left + reserved + gone, left + reserved, reserved)
    }
}
