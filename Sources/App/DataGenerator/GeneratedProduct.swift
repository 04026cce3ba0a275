import Formats
import FoundationEssentials

/// A generated product: a function of the seed and its number.
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

    /// What an order has to know of it, told without making the rest.
    struct Core: Equatable {
        let index: Int
        let id: UUID
        let variants: Int
        let createdAt: Timestamp
        /// Of the default variant.
        let price: Int64

        init(_ index: Int, of products: Int, seed: UInt64) {
            var hash = SeededHash(seed: seed, stream: 2, index: index)
            self.index = index
            createdAt = GeneratedTime.moment(index, of: products)
            id = UUID.v7(at: createdAt, random: hash.next())
            variants = Self.spread[hash.below(Self.spread.count)]
            // From 1.99 to 2,500, mostly low.
            let unit = Double(hash.next() >> 11) * 0x1p-53
            price = Int64(unit * unit * unit * 250_000) / 100 * 100 + 199
        }

        /// How many variants products have: one to five, 2.2 on average.
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
    let images: [(url: String, alt: String)]
    let isActive: Bool

    /// - Parameter categories: those that products lie in
    init(_ core: Core, categories: [GeneratedCategory], seed: UInt64) {
        self.core = core
        var hash = SeededHash(seed: seed, stream: 4, index: core.index)
        let category = categories[hash.below(categories.count)]
        let thing = hash.pick(category.things)
        // A word of its own for every thirty or so, so that searches for rare words find some.
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
    /// What is put in front of what must be unique, so that two seeds have room in one database.
    static func mark(_ seed: UInt64) -> String { seed == 1 ? "" : "s\(seed)-" }

    /// A word that can be spoken, another one for each number.
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
