/// The work that other threads pass to a loop, in order.
struct Inbox {
    enum Work {
        case job(UnownedJob)
        case closure(@Sendable () -> Void)
    }

    private(set) var work: [Work] = []
    /// Whether the eventfd was written: one write wakes the loop for everything that is posted before it drains the inbox.
    private var signalled = false
    private var isClosed = false

    /// Adds work; whether the loop must be woken for it.
    mutating func post(_ one: Work) -> Bool {
        // The loop's descriptors are closed, and their numbers may belong to other files.
        guard !isClosed else { return false }
        work.append(one)
        defer { signalled = true }
        return !signalled
    }

    /// Accepts no more work, and drops what waits: it was posted after the call that stops the loop.
    mutating func close() {
        isClosed = true
        work = []
    }

    /// All work that waits. The storage of `spare` is used for what follows.
    mutating func take(leaving spare: [Work]) -> [Work] {
        defer { work = spare }
        signalled = false
        return work
    }
}
