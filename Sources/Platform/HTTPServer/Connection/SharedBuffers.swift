import Synchronization

/// The budget of the process, and the loops that share it.
final class SharedBuffers: Sendable {
    let budget: BufferBudget
    private struct Member { weak var group: ConnectionGroup? }
    private let members = Mutex<[Member]>([])

    init(limit: Int) { budget = BufferBudget(limit: limit) }

    func join(_ group: ConnectionGroup) {
        members.withLock { members in
            if !members.contains(where: { $0.group === group }) { members.append(Member(group: group)) }
        }
    }

    /// Makes room, where most is kept: on another loop soon, on the calling one at once.
    func relieve(from group: ConnectionGroup, sparing connection: Connection?) {
        let most = members.withLock { members in
            members.compactMap(\.group).max { $0.heldBytes.load(ordering: .relaxed) < $1.heldBytes.load(ordering: .relaxed) }
        }
        if let most, most !== group {
            guard !most.isRelieving.exchange(true, ordering: .relaxed) else { return }
            most.loop.execute {
                most.isRelieving.store(false, ordering: .relaxed)
                most.relieve()
            }
        } else {
            group.relieve(sparing: connection)
        }
    }
}

/// How many connections each client has, over all loops.
final class ClientCensus: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    /// Counts one more, unless the client has as many as it may.
    func enter(_ client: String, limit: Int?) -> Bool {
        counts.withLock { counts in
            let count = counts[client, default: 0]
            if let limit, count >= limit { return false }
            counts[client] = count + 1
            return true
        }
    }

    func leave(_ client: String) {
        counts.withLock { counts in
            guard let count = counts[client] else { return }
            counts[client] = count > 1 ? count - 1 : nil
        }
    }

    func count(of client: String) -> Int { counts.withLock { $0[client, default: 0] } }

    /// Who has most.
    var largest: (client: String, count: Int)? {
        counts.withLock { counts in counts.max { $0.value < $1.value }.map { ($0.key, $0.value) } }
    }
}
