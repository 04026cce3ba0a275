import Synchronization

/// Counts the connections of each client over all loops.
final class ClientConnectionCounter: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    /// Counts one more connection, unless the client has as many as it may.
    func add(_ client: String, limit: Int?) -> Bool {
        counts.withLock { counts in
            let count = counts[client, default: 0]
            if let limit, count >= limit { return false }
            counts[client] = count + 1
            return true
        }
    }

    func remove(_ client: String) {
        counts.withLock { counts in
            guard let count = counts[client] else { return }
            counts[client] = count > 1 ? count - 1 : nil
        }
    }

    func count(of client: String) -> Int { counts.withLock { $0[client, default: 0] } }

    /// The client with the most connections.
    var largest: (client: String, count: Int)? {
        counts.withLock { counts in counts.max { $0.value < $1.value }.map { ($0.key, $0.value) } }
    }
}
