import Synchronization

/// How many observations fell into each range; a fixed number of ranges, the last one without a bound.
final class Buckets: Sendable {
    let count: Int
    // Safe: never written after init, and what it points to is atomic.
    nonisolated(unsafe) private let cells: UnsafeMutablePointer<Atomic<UInt64>>

    init(count: Int) {
        self.count = max(1, count)
        cells = .allocate(capacity: self.count)
        for index in 0..<self.count { (cells + index).initialize(to: Atomic(0)) }
    }

    deinit {
        cells.deinitialize(count: count)
        cells.deallocate()
    }

    /// Counts an observation; an index beyond the last counts there.
    func add(at index: Int) {
        cells[min(max(0, index), count - 1)].wrappingAdd(1, ordering: .relaxed)
    }

    /// The counts, each by itself.
    var values: [UInt64] { (0..<count).map { cells[$0].load(ordering: .relaxed) } }
}
