/// A timer in the loop's heap; equal deadlines fire in the order they were set.
struct TimerEntry: Comparable {
    let deadline: UInt64
    let order: UInt64
    let timer: LoopTimer

    static func < (left: TimerEntry, right: TimerEntry) -> Bool {
        (left.deadline, left.order) < (right.deadline, right.order)
    }
    static func == (left: TimerEntry, right: TimerEntry) -> Bool { left.order == right.order }
}
