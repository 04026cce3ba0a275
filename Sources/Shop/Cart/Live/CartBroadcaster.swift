import EventLoop
import Formats
import FoundationEssentials
import HTTPServer
import Logging
import Web

/// Sends changes of carts to their listeners on one loop. When a cart has changed, it is read once for all of its listeners,
/// and sent to those that have not seen that version.
// Unchecked: confined to its loop, entry points assert it.
package final class CartBroadcaster: @unchecked Sendable {
    /// A cart that has listeners on this loop.
    private final class WatchedCart {
        let id: UUID
        /// The highest version that was read.
        var version: Int64 = 0
        var listeners: [CartListener] = []
        /// Whether the cart may have changed since it was last read.
        var isStale = false
        var isReading = false

        init(id: UUID) { self.id = id }
    }

    /// The time limit for one read. After a failure, ``CartChangeSubscriber`` soon causes another read.
    private static let readTimeout = Duration.seconds(2)

    let loop: EventLoop
    private let store: CartStore
    private let registry: WatchedCartRegistry
    private let logger: Logger
    private let hasEnded: (ListeningSession) -> Bool
    private var carts: [UUID: WatchedCart] = [:]
    /// The admitted listeners of customers, who listen no longer than their sessions last.
    private var signedIn: [ObjectIdentifier: CartListener] = [:]

    /// - Parameter hasEnded: whether a customer's session is known to have ended
    package init(
        loop: EventLoop, store: CartStore, registry: WatchedCartRegistry, logger: Logger,
        hasEnded: @escaping (ListeningSession) -> Bool = { _ in false }
    ) {
        self.hasEnded = hasEnded
        self.loop = loop
        self.store = store
        self.registry = registry
        self.logger = logger
    }

    // MARK: Listeners

    /// Adds a listener, which receives changes from now on but is not admitted yet. The caller then checks its secret, reads
    /// the cart, and calls ``admit(_:)`` and ``begin(_:with:seen:)``.
    /// - Parameter client: the client as limits count it
    /// - Throws: 503 or 429 where the process or the client has too many listeners.
    func join(_ cart: UUID, of client: String) throws(Problem) -> CartSubscription {
        loop.assertInLoop()
        try registry.join(cart, self, of: client)
        let watched = carts[cart] ?? WatchedCart(id: cart)
        carts[cart] = watched
        let listener = CartListener(cart: cart, client: client, loop: loop)
        watched.listeners.append(listener)
        return CartSubscription(listener, in: self)
    }

    /// Counts a listener that has shown the cart's secret.
    /// - Parameter session: that of the customer whose cart it is; nil for a guest
    /// - Throws: 503 or 429 where the process, the client or the cart has too many listeners; 404 where the session has ended.
    func admit(_ subscription: CartSubscription, for session: ListeningSession?) throws(Problem) {
        loop.assertInLoop()
        if let session, hasEnded(session) { throw .noCart }
        let listener = subscription.listener
        try registry.admit(listener.cart, of: listener.client)
        listener.isAdmitted = true
        guard let session else { return }
        listener.session = session
        signedIn[ObjectIdentifier(listener)] = listener
    }

    /// Ends the listeners of customers whose sessions have ended.
    package func endListeners() {
        loop.assertInLoop()
        for listener in signedIn.values {
            if let session = listener.session, hasEnded(session) { listener.signOut() }
        }
    }

    /// Sends a new listener the cart, which was read after it had joined.
    /// - Parameter seen: the last version that the client has; nil for none
    func begin(_ subscription: CartSubscription, with cart: Cart, seen: Int64?) throws(Problem) {
        loop.assertInLoop()
        let event = CartEvent.updated(version: cart.version, cart: try cart.json())
        subscription.listener.begin(with: event, seen: seen)
        if let watched = carts[cart.id] { deliver(event, to: watched) }
    }

    func leave(_ listener: CartListener) {
        loop.assertInLoop()
        signedIn[ObjectIdentifier(listener)] = nil
        guard let watched = carts[listener.cart],
            let index = watched.listeners.firstIndex(where: { $0 === listener })
        else { return }
        watched.listeners.swapAt(index, watched.listeners.count - 1)
        watched.listeners.removeLast()
        if watched.listeners.isEmpty { carts[listener.cart] = nil }
        registry.leave(listener.cart, self, of: listener.isAdmitted ? listener.client : nil)
    }

    // MARK: Changes

    /// Reads a cart that has changed, unless its version is known.
    func receive(_ event: CartChangedEvent) {
        loop.assertInLoop()
        guard let watched = carts[event.id], (event.version ?? .max) > watched.version else { return }
        // Also during a read: it may have begun before the change was committed.
        watched.isStale = true
        guard !watched.isReading else { return }
        watched.isReading = true
        loop.run { [self] in
            await read(watched)
            watched.isReading = false
        }
    }

    private func read(_ watched: WatchedCart) async {
        while watched.isStale, !watched.listeners.isEmpty {
            watched.isStale = false
            do {
                let cart = try await Deadline.$current.withValue(.after(Self.readTimeout)) { try await store.cart(watched.id) }
                if let cart {
                    deliver(.updated(version: cart.version, cart: try cart.json()), to: watched)
                } else {
                    for listener in watched.listeners { listener.offer(.deleted(watched.id)) }
                }
            } catch {
                logger.debug("a cart that changed could not be read", metadata: ["error": .string(String(describing: error))])
            }
        }
    }

    private func deliver(_ event: CartEvent, to watched: WatchedCart) {
        guard let version = event.version, version > watched.version else { return }
        watched.version = version
        registry.saw(CartChangedEvent(watched.id, version: version))
        for listener in watched.listeners { listener.offer(event) }
    }
}

/// Keeps a listener subscribed to its cart for as long as this object lives.
// Unchecked: used on the loop only; the last reference may go anywhere.
final class CartSubscription: @unchecked Sendable {
    let listener: CartListener
    private let broadcaster: CartBroadcaster

    init(_ listener: CartListener, in broadcaster: CartBroadcaster) {
        self.listener = listener
        self.broadcaster = broadcaster
    }

    deinit {
        // Safe: touched again only on its loop.
        nonisolated(unsafe) let listener = listener
        broadcaster.loop.execute { [broadcaster] in broadcaster.leave(listener) }
    }
}

/// A connection that listens to a cart, and the event that waits for it. Only the newest event waits, since each one contains
/// the whole cart: a client that reads slowly costs the memory of one cart, and still gets the current state. Confined to its
/// loop.
final class CartListener {
    enum Turn {
        case event(CartEvent)
        /// No event within the time.
        case silence
        /// No event follows.
        case end
        /// The customer's session has ended: no event follows, not even one that waited.
        case signedOut
    }

    let cart: UUID
    /// The client as limits count it.
    let client: String
    /// Whether it has shown the cart's secret, and is counted.
    var isAdmitted = false
    /// The session that it ends with; nil for a guest.
    var session: ListeningSession?
    private let loop: EventLoop
    /// The version that the client has.
    private var version: Int64 = 0
    private var pending: CartEvent?
    private var hasEnded = false
    private var isSignedOut = false
    private var waiter: Promise<Void>?

    init(cart: UUID, client: String = "", loop: EventLoop) {
        self.cart = cart
        self.client = client
        self.loop = loop
    }

    /// Waits for the next event, or for ``Turn/silence`` after `timeout`.
    /// - Throws: `CancellationError` once the waiting task is cancelled.
    func next(within timeout: Duration) async throws -> Turn {
        if pending == nil, !hasEnded {
            let promise = Promise<Void>(on: loop)
            waiter = promise
            defer { waiter = nil }
            let rest = session.map { max(.zero, $0.expiresAt - .now) } ?? timeout
            do { try await promise.value(by: .after(min(timeout, rest))) } catch is DeadlineExceededError {
                if rest <= timeout, session != nil { signOut() } else { return .silence }
            }
        }
        guard !isSignedOut else { return .signedOut }
        guard let event = pending else { return hasEnded ? .end : .silence }
        pending = nil
        return .event(event)
    }

    /// Begins with a cart that was just read, unless the client has this version already.
    /// - Parameter seen: the last version that the client has; nil for none
    func begin(with event: CartEvent, seen: Int64?) {
        guard let present = event.version, present > version else { return }
        if seen == present { version = present } else { offer(event) }
    }

    /// Takes an event that is newer than the client's version.
    func offer(_ event: CartEvent) {
        guard !hasEnded else { return }
        if let new = event.version {
            guard new > version else { return }
            version = new
        } else {
            hasEnded = true
        }
        pending = event
        waiter?.succeed(())
    }

    /// Ends without the event that waits.
    func signOut() {
        isSignedOut = true
        hasEnded = true
        pending = nil
        waiter?.succeed(())
    }

    /// Ends after the event that waits.
    func end() {
        hasEnded = true
        waiter?.succeed(())
    }
}

/// The session of a customer who listens to the own cart.
package struct ListeningSession: Sendable, Equatable {
    package let principal: Principal
    /// That of the account when the listener was admitted.
    package let epoch: Int32
    /// When the session ends unless it is used again.
    package let expiresAt: Timestamp

    package init(principal: Principal, epoch: Int32, expiresAt: Timestamp) {
        self.principal = principal
        self.epoch = epoch
        self.expiresAt = expiresAt
    }
}

/// An event that a listener of a cart receives.
package enum CartEvent: Sendable, Equatable {
    /// The whole cart, as GET shows it.
    case updated(version: Int64, cart: [UInt8])
    /// The cart no longer exists. No event follows.
    case deleted(UUID)

    /// `cart.updated`, `cart.deleted`.
    var name: String {
        switch self {
        case .updated: "cart.updated"
        case .deleted: "cart.deleted"
        }
    }

    var version: Int64? { if case .updated(let version, _) = self { version } else { nil } }

    private var data: [UInt8] {
        switch self {
        case .updated(_, let cart): cart
        case .deleted(let id): Array("{\"id\":\"\(id.text)\"}".utf8)
        }
    }

    /// As an event of Server-Sent Events.
    package var serverSent: [UInt8] { ServerSentEvent(name: name, id: version.map { String($0) }, data: data).bytes }

    /// As a WebSocket message, `{"event","id","data"}`.
    package var message: WebSocketMessage {
        var text = Array("{\"event\":\"\(name)\",\"id\":\(version.map { String($0) } ?? "null"),\"data\":".utf8)
        text += data
        text.append(UInt8(ascii: "}"))
        return .text(text)
    }
}
