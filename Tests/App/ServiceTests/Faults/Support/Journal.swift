import Synchronization

/// What a load's clients did, and which orders they were told they have.
final class Journal: Sendable {
    private struct State {
        var exchanges: [Exchange] = []
        var attempts: [String: OrderAttempt] = [:]
        var orders: [String: Set<String>] = [:]
    }

    private let state = Mutex(State())

    func note(_ exchange: Exchange) { state.withLock { $0.exchanges.append(exchange) } }

    func tried(_ attempt: OrderAttempt) { state.withLock { $0.attempts[attempt.key] = attempt } }

    func acknowledged(_ attempt: OrderAttempt, as order: String) {
        state.withLock { _ = $0.orders[attempt.key, default: []].insert(order) }
    }

    /// All that is over by now.
    var exchanges: [Exchange] { state.withLock(\.exchanges) }

    /// Every order that anybody asked for.
    var attempts: [OrderAttempt] { state.withLock { Array($0.attempts.values) } }

    /// The orders that were acknowledged for each key: never more than one.
    var orders: [String: Set<String>] { state.withLock(\.orders) }
}
