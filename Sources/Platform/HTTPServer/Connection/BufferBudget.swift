import Synchronization

/// The memory that the process may keep for all of its clients: unfinished heads, bodies, requests sent ahead, responses that clients
/// have not read, unfinished messages.
package final class BufferBudget: Sendable {
    /// In bytes.
    package let limit: Int
    private let total = Atomic<Int>(0)

    package init(limit: Int) { self.limit = max(0, limit) }

    /// The memory in use, in bytes.
    package var held: Int { total.load(ordering: .relaxed) }

    /// Once the limit is exceeded, memory is freed down to this: otherwise each further byte would search for some.
    var lowWater: Int { limit - limit / 8 }

    /// How much must be freed; 0 within the limit.
    var excess: Int { held > limit ? held - lowWater : 0 }

    /// Counts memory that was taken, or with a negative number freed.
    func count(_ change: Int) { total.add(change, ordering: .relaxed) }
}

/// The memory of one connection that can be taken from it.
struct BufferClaim: Equatable {
    /// In bytes.
    let held: Int
    /// Since when the connection has held memory without completing anything, in nanoseconds.
    let since: UInt64

    /// The places of the claims to free so that `excess` bytes are available. Claims with the largest product of bytes and time go
    /// first.
    static func victims(of claims: [BufferClaim], excess: Int, at now: UInt64) -> [Int] {
        guard excess > 0 else { return [] }
        var candidates: [(weight: Double, index: Int)] = []
        for (index, claim) in claims.enumerated() where claim.held > 0 {
            candidates.append((claim.weight(at: now), index))
        }
        candidates.sort { ($0.weight, $1.index) > ($1.weight, $0.index) }
        var chosen: [Int] = []
        var freed = 0
        for candidate in candidates {
            guard freed < excess else { break }
            chosen.append(candidate.index)
            freed += claims[candidate.index].held
        }
        return chosen
    }

    /// A new claim counts as a millisecond old, so the larger of two new claims goes first.
    func weight(at now: UInt64) -> Double {
        Double(held) * (1_000_000 + Double(now > since ? now - since : 0))
    }
}

/// The memory that one connection is counted with in the budget.
struct HeldMemory {
    /// The bytes of the request that is being answered. They cannot be taken from the connection.
    var request = 0
    private var counted = 0
    /// Since when the connection has held memory without completing anything, in nanoseconds.
    private var since: UInt64 = 0

    func claim(_ bytes: Int) -> BufferClaim { BufferClaim(held: bytes, since: since) }

    /// Counts again; the change since the last time.
    mutating func update(_ claimable: Int, at now: UInt64) -> Int {
        let change = claimable + request - counted
        if change != 0, counted == 0 { since = now }
        counted += change
        return change
    }

    /// Something was completed: the memory is held for something else from now on.
    mutating func progressed(at now: UInt64) { since = now }

    /// The connection is closed; what was counted.
    mutating func release() -> Int {
        defer { counted = 0 }
        return counted
    }
}

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

    /// Frees memory on the loop that holds most: soon on another loop, at once on the calling one.
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
