import EventLoop
import FoundationEssentials
import Logging
import Web

/// The listeners of carts on one loop. A hint that a cart has changed has it read once for all who listen to it, and sent to
/// those who have not seen that version.
// Unchecked: confined to its loop, entry points assert it.
package final class CartBroadcaster: @unchecked Sendable {
    /// How long one look may take. One that fails is made up for when all carts are looked at the next time.
    private static let patience = Duration.seconds(2)

    let loop: EventLoop
    private let store: CartStore
    private let watch: WatchedCartRegistry
    private let logger: Logger
    private var rooms: [UUID: CartSubscribers] = [:]

    package init(loop: EventLoop, store: CartStore, watch: WatchedCartRegistry, logger: Logger) {
        self.loop = loop
        self.store = store
        self.watch = watch
        self.logger = logger
    }

    // MARK: Listeners

    /// Has one hear of changes from now on who is not let in yet. To be followed by a look at its secret and the cart,
    /// ``admit(_:)`` and ``begin(_:with:seen:)``.
    /// - Parameter client: who asks, as limits count
    /// - Throws: 503 or 429 where there are too many, of this process or of this client.
    func join(_ cart: UUID, of client: String) throws(Problem) -> CartSubscription {
        loop.assertInLoop()
        try watch.join(cart, self, of: client)
        let room = rooms[cart] ?? CartSubscribers(cart: cart)
        rooms[cart] = room
        let listener = CartListener(cart: cart, client: client, loop: loop)
        room.listeners.append(listener)
        return CartSubscription(listener, in: self)
    }

    /// Lets in one who has shown the cart's secret.
    /// - Throws: 503 or 429 where there are too many, of this process, this client or this cart.
    func admit(_ subscription: CartSubscription) throws(Problem) {
        loop.assertInLoop()
        try watch.admit(subscription.listener.cart, of: subscription.listener.client)
        subscription.listener.isAdmitted = true
    }

    /// Tells a new listener of the cart as it was read after it had joined.
    /// - Parameter seen: the version that the client had last; nil for none
    func begin(_ subscription: CartSubscription, with cart: Cart, seen: Int64?) throws(Problem) {
        loop.assertInLoop()
        let event = CartEvent.updated(version: cart.version, cart: try cart.json())
        subscription.listener.begin(with: event, seen: seen)
        if let room = rooms[cart.id] { deliver(event, to: room) }
    }

    func leave(_ listener: CartListener) {
        loop.assertInLoop()
        guard let room = rooms[listener.cart], let index = room.listeners.firstIndex(where: { $0 === listener }) else { return }
        room.listeners.swapAt(index, room.listeners.count - 1)
        room.listeners.removeLast()
        if room.listeners.isEmpty { rooms[listener.cart] = nil }
        watch.leave(listener.cart, self, of: listener.isAdmitted ? listener.client : nil)
    }

    // MARK: Changes

    /// Looks at a cart that has changed, unless that is known.
    func heard(_ hint: CartChangedEvent) {
        loop.assertInLoop()
        guard let room = rooms[hint.id], (hint.version ?? .max) > room.version else { return }
        // Also while somebody looks: that look may have begun before the change was there to see.
        room.isStale = true
        guard !room.isLooking else { return }
        room.isLooking = true
        loop.run { [self] in
            await look(room)
            room.isLooking = false
        }
    }

    private func look(_ room: CartSubscribers) async {
        while room.isStale, !room.listeners.isEmpty {
            room.isStale = false
            do {
                let cart = try await Deadline.$current.withValue(.after(Self.patience)) { try await store.cart(room.cart) }
                if let cart {
                    deliver(.updated(version: cart.version, cart: try cart.json()), to: room)
                } else {
                    for listener in room.listeners { listener.offer(.deleted(room.cart)) }
                }
            } catch {
                logger.debug("a cart that changed could not be read", metadata: ["error": .string(String(describing: error))])
            }
        }
    }

    private func deliver(_ event: CartEvent, to room: CartSubscribers) {
        guard let version = event.version, version > room.version else { return }
        room.version = version
        watch.saw(CartChangedEvent(room.cart, version: version))
        for listener in room.listeners { listener.offer(event) }
    }
}
