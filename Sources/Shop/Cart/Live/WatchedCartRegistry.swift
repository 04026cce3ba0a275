import CoreMetrics
import FoundationEssentials
import Synchronization
import Web

/// The carts that have listeners in this process, with the loops of these listeners and the version that they have seen. It
/// notifies the loops of changes. One for the process; a write to a cart takes its lock only while there are listeners.
package final class WatchedCartRegistry: Sendable {
    private struct Entry {
        var version: Int64 = 0
        /// Admitted listeners.
        var listeners = 0
        /// The broadcasters that have listeners, with the number of these, admitted or not.
        var broadcasters: [(broadcaster: CartBroadcaster, listeners: Int)] = []
    }

    private struct State {
        var entries: [UUID: Entry] = [:]
        /// Admitted listeners by client.
        var clients: [String: Int] = [:]
        /// Admitted listeners.
        var listeners = 0
    }

    private let state = Mutex(State())
    /// All listeners, admitted or not.
    private let present = Atomic<Int>(0)
    private let gauge: Meter
    private let maximum: Int
    private let maximumOfCart: Int
    private let maximumOfClient: Int

    /// - Parameters:
    ///   - maximum: how many listeners the process can have
    ///   - maximumOfCart: how many listeners a cart can have
    ///   - maximumOfClient: how many listeners a client can have
    package init(
        maximum: Int, maximumOfCart: Int, maximumOfClient: Int = .max, factory: any MetricsFactory = MetricsSystem.factory
    ) {
        gauge = Meter(label: "commerce_cart_listeners", factory: factory)
        self.maximum = maximum
        self.maximumOfCart = maximumOfCart
        self.maximumOfClient = maximumOfClient
    }

    /// How many listeners are admitted.
    var listeners: Int { state.withLock(\.listeners) }

    /// Lets a broadcaster receive a cart's changes for a listener whose secret has not been checked yet, so it is not
    /// counted. ``admit(_:of:)`` or ``leave(_:_:of:)`` follows.
    /// - Throws: 503 or 429 where the process or the client has too many listeners. The limit of the cart is not checked
    ///   yet: the response must not depend on the cart.
    func join(_ cart: UUID, _ broadcaster: CartBroadcaster, of client: String) throws(Problem) {
        let problem = state.withLock { state -> Problem? in
            if let problem = refusal(to: client, state) { return problem }
            var entry = state.entries[cart] ?? Entry()
            if let index = entry.broadcasters.firstIndex(where: { $0.broadcaster === broadcaster }) {
                entry.broadcasters[index].listeners += 1
            } else {
                entry.broadcasters.append((broadcaster, 1))
            }
            state.entries[cart] = entry
            present.add(1, ordering: .relaxed)
            return nil
        }
        if let problem { throw problem }
    }

    /// Counts a listener that has joined and has shown the secret.
    /// - Throws: 503 or 429 where the process, the client or the cart has too many listeners.
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

    /// Removes a listener that has joined.
    /// - Parameter client: its client, if it was admitted
    func leave(_ cart: UUID, _ broadcaster: CartBroadcaster, of client: String?) {
        state.withLock { state in
            guard var entry = state.entries[cart],
                let index = entry.broadcasters.firstIndex(where: { $0.broadcaster === broadcaster })
            else { return }
            present.subtract(1, ordering: .relaxed)
            entry.broadcasters[index].listeners -= 1
            if entry.broadcasters[index].listeners == 0 { entry.broadcasters.remove(at: index) }
            if let client {
                entry.listeners -= 1
                state.listeners -= 1
                gauge.decrement()
                let left = (state.clients[client] ?? 1) - 1
                state.clients[client] = left > 0 ? left : nil
            }
            state.entries[cart] = entry.broadcasters.isEmpty ? nil : entry
        }
    }

    /// Notes the version that listeners have received.
    func saw(_ seen: CartChangedEvent) {
        guard let version = seen.version else { return }
        state.withLock { state in
            guard let known = state.entries[seen.id]?.version, known < version else { return }
            state.entries[seen.id]?.version = version
        }
    }

    private var hasListeners: Bool { present.load(ordering: .relaxed) > 0 }

    /// The carts that have listeners, and the versions that these have received; 0 for none.
    var carts: [UUID: Int64] { hasListeners ? state.withLock { $0.entries.mapValues(\.version) } : [:] }

    /// Notifies the loops on which the cart has listeners. From any thread.
    package func notify(_ event: CartChangedEvent) {
        guard hasListeners else { return }
        let broadcasters = state.withLock { $0.entries[event.id]?.broadcasters.map(\.broadcaster) ?? [] }
        for broadcaster in broadcasters { broadcaster.loop.execute { broadcaster.receive(event) } }
    }
}
