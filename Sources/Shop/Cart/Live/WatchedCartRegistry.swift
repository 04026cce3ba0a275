import CoreMetrics
import FoundationEssentials
import Synchronization
import Web

/// Which carts somebody on this process listens to, on which loops, and the version they have seen; what tells the loops of
/// changes. One for the process, guarded by a lock that a write to a cart takes only where anybody listens to any.
package final class WatchedCartRegistry: Sendable {
    private struct Entry {
        var version: Int64 = 0
        /// Those let in.
        var listeners = 0
        /// The feeds with a listener, admitted or not yet.
        var feeds: [(feed: CartBroadcaster, present: Int)] = []
    }

    private struct State {
        var entries: [UUID: Entry] = [:]
        /// Those let in, by who they are.
        var clients: [String: Int] = [:]
        /// Those let in.
        var listeners = 0
    }

    private let state = Mutex(State())
    /// Those who are there, let in or not yet.
    private let present = Atomic<Int>(0)
    private let gauge: Meter
    private let maximum: Int
    private let maximumOfCart: Int
    private let maximumOfClient: Int

    /// - Parameters:
    ///   - maximum: how many listeners the process takes
    ///   - maximumOfCart: how many of them for one cart
    ///   - maximumOfClient: how many of them for one client
    package init(
        maximum: Int, maximumOfCart: Int, maximumOfClient: Int = .max, factory: any MetricsFactory = MetricsSystem.factory
    ) {
        gauge = Meter(label: "commerce_cart_listeners", factory: factory)
        self.maximum = maximum
        self.maximumOfCart = maximumOfCart
        self.maximumOfClient = maximumOfClient
    }

    /// How many listeners were let in.
    var listeners: Int { state.withLock(\.listeners) }

    /// Has a feed told of a cart's changes for a listener that is not admitted yet: its secret has not been checked, so it
    /// takes no place. To be followed by ``admit(_:of:)`` or ``leave(_:_:of:)``.
    /// - Throws: 503 or 429 where the process or the client has too many listeners; of the cart nothing is told yet.
    func join(_ cart: UUID, _ feed: CartBroadcaster, of client: String) throws(Problem) {
        let problem = state.withLock { state -> Problem? in
            if let problem = refusal(to: client, state) { return problem }
            var entry = state.entries[cart] ?? Entry()
            if let index = entry.feeds.firstIndex(where: { $0.feed === feed }) {
                entry.feeds[index].present += 1
            } else {
                entry.feeds.append((feed, 1))
            }
            state.entries[cart] = entry
            present.add(1, ordering: .relaxed)
            return nil
        }
        if let problem { throw problem }
    }

    /// Counts one who has joined and has shown the secret.
    /// - Throws: 503 or 429 where there are too many, of the process, of the client or of the cart.
    func admit(_ cart: UUID, of client: String) throws(Problem) {
        let problem = state.withLock { state -> Problem? in
            if let problem = refusal(to: client, state) { return problem }
            guard let listeners = state.entries[cart]?.listeners, listeners < maximumOfCart else {
                return Problem(.tooManyRequests, "The cart has too many open connections.").retrying(after: 5)
            }
            state.entries[cart]?.listeners += 1
            state.clients[client, default: 0] += 1
            state.listeners += 1
            gauge.increment()
            return nil
        }
        if let problem { throw problem }
    }

    private func refusal(to client: String, _ state: borrowing State) -> Problem? {
        guard state.listeners < maximum else {
            return .unavailable(retryAfter: 5, "The service has too many open connections for cart updates.")
        }
        guard state.clients[client] ?? 0 < maximumOfClient else {
            return Problem(.tooManyRequests, "You have too many open connections for cart updates.").retrying(after: 5)
        }
        return nil
    }

    /// Forgets one who has joined.
    /// - Parameter client: who it was that was let in; nil: it was not
    func leave(_ cart: UUID, _ feed: CartBroadcaster, of client: String?) {
        state.withLock { state in
            guard var entry = state.entries[cart], let index = entry.feeds.firstIndex(where: { $0.feed === feed }) else { return }
            present.subtract(1, ordering: .relaxed)
            entry.feeds[index].present -= 1
            if entry.feeds[index].present == 0 { entry.feeds.remove(at: index) }
            if let client {
                entry.listeners -= 1
                state.listeners -= 1
                gauge.decrement()
                let left = (state.clients[client] ?? 1) - 1
                state.clients[client] = left > 0 ? left : nil
            }
            state.entries[cart] = entry.feeds.isEmpty ? nil : entry
        }
    }

    /// Notes the version that listeners were told.
    func saw(_ seen: CartChangedEvent) {
        guard let version = seen.version else { return }
        state.withLock { state in
            guard let known = state.entries[seen.id]?.version, known < version else { return }
            state.entries[seen.id]?.version = version
        }
    }

    private var isWatched: Bool { present.load(ordering: .relaxed) > 0 }

    /// The carts that are listened to, and the versions last told; 0 where none was yet.
    var carts: [UUID: Int64] { isWatched ? state.withLock { $0.entries.mapValues(\.version) } : [:] }

    /// Tells the loops on which somebody listens to the cart. From any thread.
    func tell(_ hint: CartChangedEvent) {
        guard isWatched else { return }
        let feeds = state.withLock { $0.entries[hint.id]?.feeds.map(\.feed) ?? [] }
        for feed in feeds { feed.loop.execute { feed.heard(hint) } }
    }
}
