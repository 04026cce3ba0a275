/// How many of each SKU an order wants, each SKU once, in the order first named: lines that share a stock are
/// counted together before any of it is compared with what there is.
struct Demand: Equatable, Sendable {
    private(set) var skus: [String] = []
    private(set) var quantities: [Int] = []
    /// Where each SKU was first named among the items, to point at it.
    private(set) var places: [Int] = []

    init() {}

    /// Sums items by SKU.
    /// - Returns: nil where a sum is more than a line can have.
    init?(_ items: [OrderRequest.Item]) {
        for (place, item) in items.enumerated() where !add(item.sku, item.quantity, at: place) { return nil }
    }

    /// Adds to the demand for one SKU; false where it becomes more than a line can have.
    /// SKUs are told apart by their bytes, as PostgreSQL does, not by what looks the same.
    /// - Parameter place: that of the item among all, nil for the next
    mutating func add(_ sku: String, _ quantity: Int, at place: Int? = nil) -> Bool {
        guard let index = skus.firstIndex(where: { $0.utf8.elementsEqual(sku.utf8) }) else {
            skus.append(sku)
            quantities.append(quantity)
            places.append(place ?? places.count)
            return (1...CartRules.maximumQuantity).contains(quantity)
        }
        let (sum, overflow) = quantities[index].addingReportingOverflow(quantity)
        guard !overflow, sum <= CartRules.maximumQuantity else { return false }
        quantities[index] = sum
        return true
    }
}
