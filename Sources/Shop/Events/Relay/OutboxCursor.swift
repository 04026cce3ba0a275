/// Up to where the outbox has been read, although transactions commit in another order than they take their positions.
///
/// A position that is missing below one that was seen belongs to a transaction that is still running, or that was rolled back.
/// The cursor remembers it as a gap, and reads it again with each poll. Each transaction has its id before it takes a position
/// (the column `xid` of the outbox comes first), so a transaction that took a missing position had an id by the time the gap
/// was noticed. Once all ids up to then have ended and the position is still not there, it never will be.
///
/// A value without I/O: the relay reads the gaps and what comes after ``high``, and passes on what it has read.
struct OutboxCursor: Equatable {
    /// Missing positions, and the id below which transactions may have taken them; nil until the relay has asked for that id.
    struct Gap: Equatable {
        var positions: ClosedRange<Int64>
        var bound: UInt64?
    }

    /// All positions up to this one were seen or are in a gap.
    private(set) var high: Int64
    /// In ascending order; they do not overlap.
    private(set) var gaps: [Gap] = []

    /// - Parameter position: all events up to it have their deliveries
    init(after position: Int64) { high = position }

    /// All events up to here have their deliveries: where another worker may go on.
    var position: Int64 { gaps.first.map { $0.positions.lowerBound - 1 } ?? high }

    /// Whether a bound has to be found for some gaps.
    var needsBound: Bool { gaps.contains { $0.bound == nil } }

    /// Takes note of what a poll has read: the events in the gaps and above ``high``.
    /// - Parameters:
    ///   - positions: ascending
    ///   - isComplete: whether these are all, and not only the first up to the poll's limit
    ///   - oldest: the oldest transaction that was running in the poll's snapshot (`pg_snapshot_xmin`)
    mutating func read(_ positions: [Int64], isComplete: Bool, oldest: UInt64) {
        let last = positions.last ?? high
        var left: [Gap] = []
        var found = positions.prefix { $0 <= high }
        for gap in gaps {
            let isRead = isComplete || gap.positions.upperBound <= last
            let isOver = isRead && gap.bound.map { oldest >= $0 } ?? false
            var start = gap.positions.lowerBound
            while let position = found.first, position <= gap.positions.upperBound {
                found.removeFirst()
                guard position >= start else { continue }
                if position > start, !isOver { left.append(Gap(positions: start...(position - 1), bound: gap.bound)) }
                start = position + 1
            }
            if start <= gap.positions.upperBound, !isOver {
                left.append(Gap(positions: start...gap.positions.upperBound, bound: gap.bound))
            }
        }
        for position in positions where position > high {
            if position > high + 1 { left.append(Gap(positions: (high + 1)...(position - 1), bound: nil)) }
            high = position
        }
        gaps = left
    }

    /// Sets the bound of the gaps that have none: an id that was given out after they were noticed.
    mutating func bound(by id: UInt64) {
        for index in gaps.indices where gaps[index].bound == nil { gaps[index].bound = id }
    }
}
