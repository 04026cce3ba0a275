import Synchronization

/// The memory that the process may keep for all of its clients: unfinished heads, bodies, requests sent ahead, replies not taken,
/// unfinished messages.
package final class BufferBudget: Sendable {
    /// In bytes.
    package let limit: Int
    private let total = Atomic<Int>(0)

    package init(limit: Int) { self.limit = max(0, limit) }

    /// What is kept now, in bytes.
    package var held: Int { total.load(ordering: .relaxed) }

    /// Down to how much is made room once there is more than the limit, so that not every further byte looks for room.
    var lowWater: Int { limit - limit / 8 }

    /// How much less has to be kept; 0 within the limit.
    var excess: Int { held > limit ? held - lowWater : 0 }

    /// Counts what came, or with a negative number what went.
    func count(_ change: Int) { total.add(change, ordering: .relaxed) }
}

/// What one connection keeps of the budget that can be taken from it.
struct BufferClaim: Equatable {
    /// In bytes.
    let held: Int
    /// Since when it has kept something and got nothing done, in nanoseconds.
    let since: UInt64

    /// Which of the claims are to go so that `excess` bytes are free, by their places, first who holds most and gets least done:
    /// by bytes times the time that they have been kept.
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

    /// What is new counts as a millisecond old, so that of two the larger goes.
    func weight(at now: UInt64) -> Double {
        Double(held) * (1_000_000 + Double(now > since ? now - since : 0))
    }
}
