import DequeModule

/// The commands without a reply, in the order in which they were sent, and the waiter of each. A value without I/O.
///
/// Replies carry no number: each belongs to the oldest command. So a command that was abandoned keeps its place until its
/// reply has arrived and is ignored.
struct InFlightCommands<Waiter> {
    private struct Entry {
        /// When its waiter gives up.
        let deadline: UInt64
        /// When Redis counts as late, whatever the waiter's own deadline is.
        let late: UInt64
        var waiter: Waiter?
        var countedLate = false
    }

    /// What has expired.
    struct Expiry {
        /// The waiters whose time is over.
        var waiters: [Waiter] = []
        /// Whether Redis is late with a command that did not count as late before.
        var late = false
        /// When to look again; nil: never.
        var next: UInt64?
    }

    private var entries = Deque<Entry>()
    private var firstID: UInt64 = 0

    var count: Int { entries.count }
    /// How many commands have a waiter.
    private(set) var waiting = 0

    /// Adds a command at the end.
    /// - Returns: its number, for ``abandon(_:)`` and ``attach(_:to:)``.
    mutating func append(deadline: UInt64, late: UInt64) -> UInt64 {
        entries.append(Entry(deadline: deadline, late: late))
        return firstID &+ UInt64(entries.count) &- 1
    }

    /// Sets the waiter of a command; returns it if the command has no place any more.
    mutating func attach(_ waiter: Waiter, to id: UInt64) -> Waiter? {
        guard let index = index(of: id), entries[index].waiter == nil else { return waiter }
        entries[index].waiter = waiter
        waiting += 1
        return nil
    }

    /// The oldest command has its reply. Nil: there is no command; `.some(nil)`: it has no waiter.
    mutating func answer() -> Waiter?? {
        guard let entry = entries.popFirst() else { return nil }
        firstID &+= 1
        if entry.waiter != nil { waiting -= 1 }
        return .some(entry.waiter)
    }

    /// Removes the waiter of a command, which keeps its place.
    mutating func abandon(_ id: UInt64) -> Waiter? {
        guard let index = index(of: id), let waiter = entries[index].waiter else { return nil }
        entries[index].waiter = nil
        waiting -= 1
        return waiter
    }

    /// Removes the waiters whose time is over at `now`.
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
