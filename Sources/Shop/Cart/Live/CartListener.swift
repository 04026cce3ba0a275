import EventLoop
import FoundationEssentials

/// One that listens to a cart, and what it has not been told yet: only the newest, as each event is the whole cart. So a client
/// that reads slowly costs one cart, and misses nothing that still holds. Confined to its loop.
final class CartListener {
    enum Turn {
        case event(CartEvent)
        /// Nothing for so long.
        case silence
        /// Nothing follows.
        case end
    }

    let cart: UUID
    /// Who it is, as limits count.
    let client: String
    /// Whether it has shown the cart's secret, and is counted.
    var isAdmitted = false
    private let loop: EventLoop
    /// The version it has been told, or had already.
    private var version: Int64 = 0
    private var pending: CartEvent?
    private var hasEnded = false
    private var waiter: Promise<Void>?

    init(cart: UUID, client: String = "", loop: EventLoop) {
        self.cart = cart
        self.client = client
        self.loop = loop
    }

    /// What comes next; ``Turn/silence`` after so long without.
    /// - Throws: `CancellationError` once the waiting task is cancelled.
    func next(within patience: Duration) async throws -> Turn {
        if pending == nil, !hasEnded {
            let promise = Promise<Void>(on: loop)
            waiter = promise
            defer { waiter = nil }
            do { try await promise.value(by: .after(patience)) } catch is DeadlineExceeded { return .silence }
        }
        guard let event = pending else { return hasEnded ? .end : .silence }
        pending = nil
        return .event(event)
    }

    /// Begins with a cart just read, unless the client has this version already.
    /// - Parameter seen: the version that the client had last; nil for none
    func begin(with event: CartEvent, seen: Int64?) {
        guard let present = event.version, present > version else { return }
        if seen == present { version = present } else { offer(event) }
    }

    /// Takes what is newer than what it has.
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

    /// Nothing follows but what waits.
    func end() {
        hasEnded = true
        waiter?.succeed(())
    }
}
