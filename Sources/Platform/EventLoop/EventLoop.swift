import CSystem
import Dispatch
import Glibc
import HeapModule
import Synchronization

/// A serial dispatch queue, an epoll descriptor, and one dispatch source on that descriptor.
///
/// Sockets, timers and tasks of a loop run on its queue, one at a time, so that what belongs to a loop
/// needs no lock. While there is load the loop stays in its handler and waits in `epoll_wait` for a short
/// while (it *lingers*); without load it returns to Dispatch, which wakes it through the source. Every
/// wake-up, a timer or work from another thread too, is a descriptor in the epoll set, so both waits hear it.
///
/// It is a `TaskExecutor`: a task started with ``run(_:)`` stays on the loop over all its suspensions.
/// It is a `SerialExecutor`, so that isolation to it can be checked.
// Unchecked: all stored state but `inbox` (a Mutex) is touched only on the loop's own queue; entry points assert it.
package final class EventLoop: TaskExecutor, SerialExecutor, @unchecked Sendable {
    /// How long a loop without work stays in its handler before it returns to Dispatch, in milliseconds.
    private static let linger: Int32 = 10
    /// How many events one call of epoll_wait takes.
    private static let batch = 256

    package let label: String
    let epoll: Int32
    private let queue: DispatchQueue
    private let wakeup: Int32
    private let timer: Int32
    private let inbox = Mutex(Inbox())
    private var source: (any DispatchSourceRead)?

    // The loop's own.
    var slots: [DescriptorSlot] = []
    var freeSlots: [UInt32] = []
    var timers = Heap<TimerEntry>()
    var timersSet: UInt64 = 0
    var timersCancelled = 0
    private var armed = UInt64.max
    private var ready: [UnownedJob] = []
    private var running: [UnownedJob] = []
    private var turnEnds: [() -> Void] = []
    private var spareWork: [Inbox.Work] = []
    private var events = [epoll_event](repeating: epoll_event(), count: EventLoop.batch)
    private var stopped = false

    /// The monotonic clock in nanoseconds, read once a turn.
    package private(set) var now: UInt64 = csystem_monotonic()
    /// Turns so far, for health checks and benchmarks.
    package private(set) var turns: UInt64 = 0

    /// A loop that runs from now on.
    /// - Throws: ``SystemError`` where the process has no descriptors left.
    package init(label: String) throws(SystemError) {
        self.label = label
        queue = DispatchQueue(label: label, qos: .userInitiated)
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw SystemError("epoll_create1") }
        wakeup = csystem_eventfd()
        guard wakeup >= 0 else { throw SystemError("eventfd") }
        timer = csystem_timerfd()
        guard timer >= 0 else { throw SystemError("timerfd_create") }
        for (descriptor, token) in [(wakeup, Token.wakeup), (timer, Token.timer)] {
            guard csystem_epoll_control(epoll, EPOLL_CTL_ADD, descriptor, EPOLLIN.rawValue, token) == 0 else {
                throw SystemError("epoll_ctl")
            }
        }
        let source = DispatchSource.makeReadSource(fileDescriptor: epoll, queue: queue)
        source.setEventHandler { [unowned self] in turnWhileBusy() }
        self.source = source
        source.activate()
    }

    // MARK: Entering

    /// Whether the caller runs on this loop.
    package var inLoop: Bool { csystem_current_loop() == UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque()) }

    /// Stops a debug build where loop-confined state is touched from elsewhere.
    package func assertInLoop(_ function: StaticString = #function) {
        assert(inLoop, "\(function) called off its loop")
    }

    /// Runs `work` on the loop: at once when already there, else on one of its next turns. From any thread.
    package func execute(_ work: @escaping @Sendable () -> Void) {
        if inLoop { work() } else { post(.closure(work)) }
    }

    /// Runs `work` at the end of this turn, after all events and tasks that are ready, once.
    ///
    /// What a turn gathers is sent there in one go: a connection's replies, all queries of a turn.
    package func atTurnEnd(_ work: @escaping () -> Void) {
        assertInLoop()
        turnEnds.append(work)
    }

    /// Stops watching and releases the loop's descriptors. Work posted later is not run.
    package func stop() {
        execute { [self] in
            guard !stopped else { return }
            stopped = true
            inbox.withLock { $0.close() }
            source?.setCancelHandler { [epoll, wakeup, timer] in
                close(epoll)
                close(wakeup)
                close(timer)
            }
            source?.cancel()
        }
    }

    // MARK: Executor

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if inLoop { ready.append(job) } else { post(.job(job)) }
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    package func checkIsolated() { precondition(inLoop, "not on \(label)") }

    private func post(_ work: Inbox.Work) {
        inbox.withLock { inbox in
            guard inbox.post(work) else { return }
            var one: UInt64 = 1
            // Within the lock: ``stop()`` closes the inbox before the descriptor, whose number may be another's right after.
            // Can only fail with EAGAIN, when the counter is full: then the loop is already being woken.
            _ = write(wakeup, &one, 8)
        }
    }

    // MARK: Turning

    private enum Token {
        static let wakeup = UInt64.max
        static let timer = UInt64.max - 1
    }

    private func turnWhileBusy() {
        csystem_set_current_loop(Unmanaged.passUnretained(self).toOpaque())
        defer { csystem_set_current_loop(nil) }
        var wait: Int32 = 0
        while !stopped {
            let count = epoll_wait(epoll, &events, Int32(EventLoop.batch), wait)
            now = csystem_monotonic()
            turns &+= 1
            if count == 0 && wait != 0 && ready.isEmpty { return }
            if count > 0 { deliver(Int(count)) }
            runReady()
            while !turnEnds.isEmpty {
                let ends = turnEnds
                turnEnds.removeAll(keepingCapacity: true)
                for end in ends { end() }
                runReady()
            }
            wait = ready.isEmpty ? EventLoop.linger : 0
        }
        // What waits for a time that never comes holds on to the loop, and the loop to it.
        timers = .init()
        timersCancelled = 0
    }

    private func deliver(_ count: Int) {
        for index in 0..<min(count, events.count) {
            let token = csystem_epoll_token(&events[index])
            switch token {
            case Token.wakeup: drainInbox()
            case Token.timer: fireTimers()
            default: deliver(Readiness(rawValue: events[index].events), token: token)
            }
        }
    }

    private func drainInbox() {
        var value: UInt64 = 0
        _ = read(wakeup, &value, 8)
        let spare = spareWork
        spareWork = []
        var work = inbox.withLock { $0.take(leaving: spare) }
        for one in work {
            switch one {
            case .job(let job): ready.append(job)
            case .closure(let closure): closure()
            }
        }
        work.removeAll(keepingCapacity: true)
        spareWork = work
    }

    /// Runs the tasks that were ready when it was called; those they wake wait for the next round, so that
    /// tasks which keep waking each other don't hold up the sockets.
    private func runReady() {
        guard !ready.isEmpty else { return }
        swap(&ready, &running)
        let executor = asUnownedTaskExecutor()
        for job in running { job.runSynchronously(on: executor) }
        running.removeAll(keepingCapacity: true)
    }

    // MARK: Timers

    private func fireTimers() {
        var value: UInt64 = 0
        _ = read(timer, &value, 8)
        armed = .max
        // All that are due before any of them runs: a timer that sets itself anew for a time gone by must keep
        // neither the loop from its sockets nor the others from their turn.
        var due: [LoopTimer] = []
        while let first = timers.min, first.deadline <= now, let entry = timers.popMin() { due.append(entry.timer) }
        for timer in due {
            if let body = timer.take() { body() } else { timersCancelled -= 1 }
        }
        armTimer()
    }

    /// Sets the timerfd to the earliest deadline, unless it fires no later anyway.
    func armTimer() {
        guard let first = timers.min, first.deadline < armed else { return }
        armed = first.deadline
        csystem_timerfd_set(timer, max(1, first.deadline))
    }
}
