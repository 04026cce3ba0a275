/// How many pieces of each SKU an order asks for. Each SKU stands once, in the order of its first line: lines that share a
/// stock are added up before they are compared with it.
package struct RequestedQuantities: Equatable, Sendable {
    package private(set) var skus: [String] = []
    package private(set) var quantities: [Int] = []
    /// The line in which each SKU was named first, so that an error can point at it.
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

/// How many of one SKU a line of a cart or an order can have.
package enum LineQuantity {
    package static let maximum = 999
}
