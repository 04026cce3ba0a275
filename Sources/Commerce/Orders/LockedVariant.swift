import FoundationEssentials

/// A variant as the catalogue offers it at the moment of ordering, its stock locked.
struct LockedVariant: Sendable {
    let variant: UUID
    let product: UUID
    let sku: String
    let name: String
    /// A JSON object.
    let options: [UInt8]
    let image: String?
    let price: Money
    /// Whether the catalogue offers it now.
    let isOffered: Bool
    let onHand: Int
    let reserved: Int

    var available: Int { isOffered ? max(0, onHand - reserved) : 0 }
}
