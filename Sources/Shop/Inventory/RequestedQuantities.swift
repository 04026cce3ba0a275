/// The quantity of each SKU in an order. Each SKU stands once, in the order of its first line: lines of one SKU are added up
/// before they are compared with its stock.
package struct RequestedQuantities: Equatable, Sendable {
    package private(set) var skus: [String] = []
    package private(set) var quantities: [Int] = []
    /// The index of the first line of each SKU, for errors to point at.
    package private(set) var places: [Int] = []

    package init() {}

    /// Adds to the quantity of one SKU.
    ///
    /// SKUs are compared by their bytes, as PostgreSQL does; Swift compares by canonical equivalence.
    /// - Parameter place: the index of the line, nil for the next one
    /// - Returns: false if the sum is more than a line can have
    package mutating func add(_ sku: String, _ quantity: Int, at place: Int? = nil) -> Bool {
        guard let index = skus.firstIndex(where: { $0.utf8.elementsEqual(sku.utf8) }) else {
            skus.append(sku)
            quantities.append(quantity)
            places.append(place ?? places.count)
            return (1...LineQuantity.maximum).contains(quantity)
        }
        let (sum, overflow) = quantities[index].addingReportingOverflow(quantity)
        guard !overflow, sum <= LineQuantity.maximum else { return false }
        quantities[index] = sum
        return true
    }
}

/// The limits of the quantity in a line of a cart or an order.
package enum LineQuantity {
    /// The largest quantity of one SKU, unless the variant has a smaller one.
    package static let maximum = 999
}
