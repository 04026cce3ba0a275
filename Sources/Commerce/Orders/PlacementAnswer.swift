/// The answer to a request that places an order, as it was first given.
package struct PlacementAnswer: Sendable {
    package let status: Int
    package let location: String
    package let body: [UInt8]
    /// Whether the order was placed by an earlier request with the same key.
    package let isReplay: Bool
}
