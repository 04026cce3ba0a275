import FoundationEssentials

/// An order that was decided on and is to be written.
struct PlacedOrder {
    let order: Order
    let cart: UUID?
    /// That of the guest's secret.
    let tokenHash: [UInt8]
    let answer: PlacementAnswer
    /// The answer as it is kept.
    let sealed: [UInt8]
    let record: IdempotencyRecord
    /// Who holds what it holds; nil where no bounds are kept.
    var holder: Holder?
}
