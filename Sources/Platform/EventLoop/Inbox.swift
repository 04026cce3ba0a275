/// What other threads hand to a loop, in order.
struct Inbox {
    enum Work {
        case job(UnownedJob)
        case closure(@Sendable () -> Void)
    }

    private(set) var work: [Work] = []
    /// Whether the wake-up was already written: one eventfd write serves all that is posted before it is drained.
    private var signalled = false
    private var isClosed = false

    /// Whether the loop has to be woken for it.
    mutating func post(_ one: Work) -> Bool {
        // The loop's descriptors are gone, and their numbers may be another's by now.
        guard !isClosed else { return false }
        work.append(one)
        defer { signalled = true }
        return !signalled
    }

    /// Takes nothing more, and forgets what waits: it was posted after what closes it.
    mutating func close() {
        isClosed = true
        work = []
    }

    /// All that waits, leaving `spare`'s storage behind for the next.
    mutating func take(leaving spare: [Work]) -> [Work] {
        defer { work = spare }
        signalled = false
        return work
    }
}
