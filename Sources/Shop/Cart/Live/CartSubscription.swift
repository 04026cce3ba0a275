import EventLoop

/// A listener's place among those of its cart: as long as this object lives.
// Unchecked: used on the loop only; the last reference may go anywhere.
final class CartSubscription: @unchecked Sendable {
    let listener: CartListener
    private let feed: CartBroadcaster

    init(_ listener: CartListener, in feed: CartBroadcaster) {
        self.listener = listener
        self.feed = feed
    }

    deinit {
        // Safe: touched again only on its loop.
        nonisolated(unsafe) let listener = listener
        feed.loop.execute { [feed] in feed.leave(listener) }
    }
}
