import CoreMetrics
import FoundationEssentials
import Synchronization
import Web

/// Which carts somebody on this process listens to, on which loops, and the version they have seen; what tells the loops of
/// changes. One for the process, guarded by a lock that a write to a cart takes only where anybody listens to any.
final class CartWatch: Sendable {
    private struct Entry {
        var version: Int64 = 0
        var listeners = 0
        var feeds: [(feed: CartFeed, listeners: Int)] = []
    }

    private let entries = Mutex<[UUID: Entry]>([:])
    private let count = Atomic<Int>(0)
    private let gauge: Meter
    private let maximum: Int
    private let maximumOfCart: Int

    /// - Parameters:
    ///   - maximum: how many listeners the process takes
    ///   - maximumOfCart: how many of them for one cart
    init(maximum: Int, maximumOfCart: Int, factory: any MetricsFactory = MetricsSystem.factory) {
        gauge = Meter(label: "commerce_cart_listeners", factory: factory)
        self.maximum = maximum
        self.maximumOfCart = maximumOfCart
    }

    /// How many listeners there are.
    var listeners: Int { count.load(ordering: .relaxed) }

    /// Counts a listener.
    /// - Throws: 503 or 429 where there are too many, of this process or of this cart.
    func join(_ cart: UUID, _ feed: CartFeed) throws(Problem) {
        let problem = entries.withLock { entries -> Problem? in
            guard count.load(ordering: .relaxed) < maximum else {
                return .unavailable(retryAfter: 5, "There are too many listeners already.")
            }
            var entry = entries[cart] ?? Entry()
            guard entry.listeners < maximumOfCart else {
                return Problem(.tooManyRequests, "The cart has too many listeners already.").retrying(after: 5)
            }
            entry.listeners += 1
            if let index = entry.feeds.firstIndex(where: { $0.feed === feed }) {
                entry.feeds[index].listeners += 1
            } else {
                entry.feeds.append((feed, 1))
            }
            entries[cart] = entry
            count.add(1, ordering: .relaxed)
            gauge.increment()
            return nil
        }
        if let problem { throw problem }
    }

    func leave(_ cart: UUID, _ feed: CartFeed) {
        entries.withLock { entries in
            guard var entry = entries[cart], let index = entry.feeds.firstIndex(where: { $0.feed === feed }) else { return }
            count.subtract(1, ordering: .relaxed)
            gauge.decrement()
            entry.listeners -= 1
            entry.feeds[index].listeners -= 1
            if entry.feeds[index].listeners == 0 { entry.feeds.remove(at: index) }
            entries[cart] = entry.feeds.isEmpty ? nil : entry
        }
    }

    /// Notes the version that listeners were told.
    func saw(_ seen: CartHint) {
        guard let version = seen.version else { return }
        entries.withLock { entries in
            guard let known = entries[seen.id]?.version, known < version else { return }
            entries[seen.id]?.version = version
        }
    }

    /// The carts that are listened to, and the versions last told; 0 where none was yet.
    var carts: [UUID: Int64] { listeners == 0 ? [:] : entries.withLock { $0.mapValues(\.version) } }

    /// Tells the loops on which somebody listens to the cart. From any thread.
    func tell(_ hint: CartHint) {
        guard listeners > 0 else { return }
        let feeds = entries.withLock { $0[hint.id]?.feeds.map(\.feed) ?? [] }
        for feed in feeds { feed.loop.execute { feed.heard(hint) } }
    }
}
