import DequeModule

/// The commands without a reply, in the order they were sent, and who waits for each. A value without I/O.
///
/// Replies carry no number: each belongs to the oldest command. So one whose caller has gone keeps its
/// place until its reply has come and been thrown away.
struct InFlight<Waiter> {
    private struct Entry {
        /// When its caller is told that it took too long.
        let deadline: UInt64
        /// When Redis itself is late, whatever the caller's own deadline.
        let late: UInt64
        var waiter: Waiter?
        var countedLate = false
    }

    /// What the clock brought about.
    struct Expiry {
        /// Their callers are told.
        var waiters: [Waiter] = []
        /// Whether Redis was late with a command that it had not been late with before.
        var late = false
        /// When to look again; nil with nothing to look for.
        var next: UInt64?
    }

    private var entries = Deque<Entry>()
    private var firstID: UInt64 = 0

    var count: Int { entries.count }
    /// How many callers wait.
    private(set) var waiting = 0

    /// Takes a place at the end.
    /// - Returns: what ``abandon(_:)`` and ``attach(_:to:)`` know it by.
    mutating func append(deadline: UInt64, late: UInt64) -> UInt64 {
        entries.append(Entry(deadline: deadline, late: late))
        return firstID &+ UInt64(entries.count) &- 1
    }

    /// Sets who waits; hands it back if the command has no place any more.
    mutating func attach(_ waiter: Waiter, to id: UInt64) -> Waiter? {
        guard let index = index(of: id), entries[index].waiter == nil else { return waiter }
        entries[index].waiter = waiter
        waiting += 1
        return nil
    }

    /// The oldest command has its reply. Nil: there was none to reply to; `.some(nil)`: nobody waits for it.
    mutating func answer() -> Waiter?? {
        guard let entry = entries.popFirst() else { return nil }
        firstID &+= 1
        if entry.waiter != nil { waiting -= 1 }
        return .some(entry.waiter)
    }

    /// Whoever waited for it has gone; the place remains.
    mutating func abandon(_ id: UInt64) -> Waiter? {
        guard let index = index(of: id), let waiter = entries[index].waiter else { return nil }
        entries[index].waiter = nil
        waiting -= 1
        return waiter
    }

    /// Ends the waiting of all whose time is over at `now`.
    mutating func expire(at now: UInt64) -> Expiry {
        var expiry = Expiry()
        var next = UInt64.max
        for index in entries.indices {
            let entry = entries[index]
            if let waiter = entry.waiter {
                if entry.deadline <= now {
                    entries[index].waiter = nil
                    waiting -= 1
                    expiry.waiters.append(waiter)
                } else {
                    next = min(next, entry.deadline)
                }
            }
            guard !entry.countedLate else { continue }
            if entry.late <= now {
                entries[index].countedLate = true
                expiry.late = true
            } else {
                next = min(next, entry.late)
            }
        }
        expiry.next = next == .max ? nil : next
        return expiry
    }

    /// Empties it: the connection is gone.
    mutating func removeAll() -> [Waiter] {
        let waiters = entries.compactMap(\.waiter)
        firstID &+= UInt64(entries.count)
        entries.removeAll()
        waiting = 0
        return waiters
    }

    private func index(of id: UInt64) -> Int? {
        let offset = id &- firstID
        return offset < UInt64(entries.count) ? Int(offset) : nil
    }
}
