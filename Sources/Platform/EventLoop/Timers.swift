import HeapModule

/// One timer of a loop. Cancelling is cheap; the entry leaves the loop's heap later.
package final class LoopTimer {
    fileprivate let deadline: UInt64
    private var body: (() -> Void)?
    private let loop: EventLoop

    init(deadline: UInt64, loop: EventLoop, body: @escaping () -> Void) {
        self.deadline = deadline
        self.loop = loop
        self.body = body
    }

    /// Whether the timer will still fire.
    package var isPending: Bool { body != nil }

    /// Cancels the timer; without effect once it has fired. On the loop.
    package func cancel() {
        guard body != nil else { return }
        body = nil
        loop.timerCancelled()
    }

    /// The body, once.
    func take() -> (() -> Void)? {
        defer { body = nil }
        return body
    }
}

/// The timers of a loop by their deadlines. Timers with equal deadlines fire in the order in which they were set.
struct TimerQueue {
    private struct Entry: Comparable {
        let deadline: UInt64
        let order: UInt64
        let timer: LoopTimer

        static func < (left: Entry, right: Entry) -> Bool {
            (left.deadline, left.order) < (right.deadline, right.order)
        }
        static func == (left: Entry, right: Entry) -> Bool { left.order == right.order }
    }

    private var heap = Heap<Entry>()
    private var inserted: UInt64 = 0
    private var cancelled = 0

    /// The number of entries, cancelled ones included.
    var count: Int { heap.count }

    /// The earliest deadline. It may be that of a cancelled timer.
    var earliest: UInt64? { heap.min?.deadline }

    mutating func insert(_ timer: LoopTimer) {
        inserted &+= 1
        heap.insert(Entry(deadline: timer.deadline, order: inserted, timer: timer))
    }

    /// Removes and returns the timers that are due, in their order. Those that were cancelled are left out.
    mutating func popDue(at now: UInt64) -> [LoopTimer] {
        var due: [LoopTimer] = []
        while let first = heap.min, first.deadline <= now, let entry = heap.popMin() {
            if entry.timer.isPending { due.append(entry.timer) } else { cancelled = max(0, cancelled - 1) }
        }
        return due
    }

    /// Notes that a timer was cancelled. Once cancelled timers are more than half of the heap, it drops them.
    mutating func noteCancelled() {
        cancelled += 1
        guard cancelled > 256, cancelled > heap.count / 2 else { return }
        heap = .init(heap.unordered.filter { $0.timer.isPending })
        cancelled = 0
    }

    mutating func removeAll() {
        heap = .init()
        cancelled = 0
    }
}
