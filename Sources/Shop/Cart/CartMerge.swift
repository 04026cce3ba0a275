import Inventory

/// A line of two carts that are merged.
package struct MergeLine: Sendable {
    package let quantity: Int
    /// The largest quantity that an order can have.
    package let maximum: Int
    /// What is in stock; nil where the variant cannot be bought at all.
    package let available: Int?

    package init(quantity: Int, maximum: Int, available: Int?) {
        self.quantity = quantity
        self.maximum = maximum
        self.available = available
    }
}

/// How a guest's cart becomes part of the customer's: a pure value.
package enum CartMerge {
    /// The quantity of a line that one or both carts have: the larger one, so that merging twice is the same as once, but no more than
    /// can be bought. A variant that is out of stock keeps its quantity, so that the shopper sees it.
    package static func quantity(own: MergeLine?, guest: MergeLine?) -> Int {
        let lines = [own, guest].compactMap(\.self)
        let larger = lines.map(\.quantity).max() ?? 0
        let most = min(lines.map(\.maximum).min() ?? LineQuantity.maximum, LineQuantity.maximum)
        let available = lines.compactMap(\.available).max() ?? 0
        return available > 0 ? min(larger, most, available) : min(larger, most)
    }

    /// The guest's variants that the customer's cart has no room for, in the order in which they were added, are left out.
    package static func taken<Variant: Hashable>(own: Set<Variant>, guest: [Variant]) -> [Variant] {
        var lines = own.count
        return guest.filter { variant in
            if own.contains(variant) { return true }
            lines += 1
            return lines <= CartRules.maximumLines
        }
    }
}
