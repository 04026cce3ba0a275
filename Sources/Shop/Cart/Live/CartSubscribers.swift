import FoundationEssentials

/// The listeners of one cart on one loop. Confined to its loop.
final class CartSubscribers {
    let cart: UUID
    /// The highest version that was read.
    var version: Int64 = 0
    var listeners: [CartListener] = []
    /// Whether it may have changed since it was last read.
    var isStale = false
    /// Whether somebody reads it now.
    var isLooking = false

    init(cart: UUID) { self.cart = cart }
}
