import CSystem
import Dispatch
import Glibc
import Synchronization

/// An event loop: a serial dispatch queue, an epoll descriptor, and one dispatch source on that descriptor.
///
/// Sockets, timers and tasks of a loop run on its queue, one at a time, so the state of a loop needs no lock. Under load the loop
/// stays in its handler and waits in `epoll_wait` for a short while. Without load it returns to Dispatch, which wakes it through
/// the source. Timers and work from other threads are descriptors in the epoll set too, so they end both kinds of wait.
///
/// As a `TaskExecutor` it keeps a task that ``run(_:)`` starts on the loop over all suspensions. As a `SerialExecutor` it lets
/// Swift check isolation to it.
// Unchecked: all stored state but `inbox` (a Mutex) is touched only on the loop's own queue; entry points assert it.
package final class EventLoop: TaskExecutor, SerialExecutor, @unchecked Sendable {
    /// How long a loop without work waits in its handler before it returns to Dispatch, in milliseconds.
    private static let idleWait: Int32 = 10
    /// The number of events that one call of epoll_wait takes.
    private static let batch = 256

    package let label: String
    private let epoll: Int32
    private let queue: DispatchQueue
    private let wakeup: Int32
    private let timer: Int32
    private let inbox = Mutex(Inbox())
    private var source: (any DispatchSourceRead)?

    private var descriptors = DescriptorTable()
    private var timers = TimerQueue()
    /// When the timerfd fires.
    private var armed = UInt64.max
    private var ready: [UnownedJob] = []
    private var running: [UnownedJob] = []
    private var turnEndWork: [() -> Void] = []
    private var spareWork: [Inbox.Work] = []
    private var events = [epoll_event](repeating: epoll_event(), count: EventLoop.batch)
    private var stopped = false

    /// The monotonic clock in nanoseconds, read once a turn.
    package private(set) var now: UInt64 = csystem_monotonic()
    /// The number of turns so far, for health checks and benchmarks.
    package private(set) var turns: UInt64 = 0

    /// Makes a loop that runs at once.
    /// - Throws: ``SystemError`` when the process has no descriptors left.
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
        source.setEventHandler { [unowned self] in runUntilIdle() }
        self.source = source
        source.activate()
    }

    // MARK: Work

    /// Whether the caller runs on this loop.
    package var inLoop: Bool { csystem_current_loop() == UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque()) }

    /// Stops a debug build that touches loop-confined state from elsewhere.
    package func assertInLoop(_ function: StaticString = #function) {
        assert(inLoop, "\(function) called off its loop")
    }

    /// Runs `work` on the loop: at once when the caller is on it, else on one of its next turns. From any thread.
    package func execute(_ work: @escaping @Sendable () -> Void) {
        if inLoop { work() } else { post(.closure(work)) }
    }

    /// Runs `work` once at the end of this turn, after all events and tasks that are ready. On the loop.
    ///
    /// Connections send the responses of a turn there in one call, and the pool sends its queries.
    package func atTurnEnd(_ work: @escaping () -> Void) {
        assertInLoop()
        turnEndWork.append(work)
    }

    /// Starts `operation` on the loop at once, up to its first suspension, and keeps it there to its end. On the loop.
    @discardableResult
    package func run(_ operation: @escaping () async -> Void) -> Task<Void, Never> {
        assertInLoop()
        // Safe: the task starts here, on the loop, and its executor preference keeps it there.
        nonisolated(unsafe) let operation = operation
        return Task.immediate(executorPreference: self) { await operation() }
    }

    /// Suspends the calling task, which must run on this loop, for `duration` or until it is cancelled.
    /// - Throws: `CancellationError`.
    package func sleep(for duration: Duration) async throws {
        let promise = Promise<Void>(on: self)
        let timer = schedule(after: duration) { promise.succeed(()) }
        defer { timer.cancel() }
        try await promise.value()
    }

    /// Stops the loop and closes its descriptors. Work that is posted later does not run.
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
            // Within the lock: ``stop()`` closes the inbox before the descriptor, and the number of a closed descriptor may
            // soon belong to another file. The call fails only with EAGAIN, when the counter is full: the loop wakes then anyway.
            _ = write(wakeup, &one, 8)
        }
    }

    // MARK: Descriptors

    /// Watches a descriptor and keeps its handler alive until ``deregister(_:)``. On the loop.
    /// - Throws: ``SystemError`` from epoll_ctl(2), such as ENOSPC or EEXIST.
    package func register(
        _ descriptor: Int32, for interest: Readiness, handler: any DescriptorHandler
    ) throws(SystemError) -> Registration {
        assertInLoop()
        let registration = descriptors.add(descriptor, for: interest, handler: handler)
        guard csystem_epoll_control(epoll, EPOLL_CTL_ADD, descriptor, interest.rawValue, registration.token) == 0 else {
            let error = SystemError("epoll_ctl")
            _ = descriptors.remove(registration)
            throw error
        }
        return registration
    }

    /// Changes the events that are watched for; without effect on a registration that has ended. On the loop.
    package func update(_ registration: Registration, to interest: Readiness) {
        assertInLoop()
        guard descriptors.update(registration, to: interest) else { return }
        _ = csystem_epoll_control(epoll, EPOLL_CTL_MOD, registration.descriptor, interest.rawValue, registration.token)
    }

    /// Stops watching. Call it before the descriptor is closed. On the loop.
    package func deregister(_ registration: Registration) {
        assertInLoop()
        guard descriptors.remove(registration) else { return }
        _ = csystem_epoll_control(epoll, EPOLL_CTL_DEL, registration.descriptor, 0, 0)
    }

    // MARK: Timers

    /// Runs `body` on the loop after `duration`. On the loop.
    ///
    /// For a deadline that moves with every request, keep one timer and let it check, when it fires, whether the deadline has
    /// passed: setting a timer costs a heap insertion, and moving a number costs nothing.
    @discardableResult
    package func schedule(after duration: Duration, _ body: @escaping () -> Void) -> LoopTimer {
        // Reads the clock: `now` may be as old as the turn.
        schedule(at: csystem_monotonic().adding(duration.nanosecondsClamped), body)
    }

    /// Runs `body` on the loop at `deadline`, in nanoseconds of the monotonic clock. On the loop.
    @discardableResult
    package func schedule(at deadline: UInt64, _ body: @escaping () -> Void) -> LoopTimer {
        assertInLoop()
        let timer = LoopTimer(deadline: deadline, loop: self, body: body)
        timers.insert(timer)
        armTimer()
        return timer
    }

    func timerCancelled() {
        assertInLoop()
        timers.noteCancelled()
    }

    private func fireTimers() {
        var value: UInt64 = 0
        _ = read(timer, &value, 8)
        armed = .max
        // All due timers are taken before the first one runs: a timer that sets itself for a time in the past must not keep the
        // loop from its sockets and other timers.
        for timer in timers.popDue(at: now) { timer.take()?() }
        armTimer()
    }

    /// Sets the timerfd to the earliest deadline, unless it fires by then anyway.
    private func armTimer() {
        guard let earliest = timers.earliest, earliest < armed else { return }
        armed = earliest
        csystem_timerfd_set(timer, max(1, earliest))
    }

    // MARK: Turns

    /// The tokens of the loop's own descriptors.
    private enum Token {
        static let wakeup = UInt64.max
        static let timer = UInt64.max - 1
    }

    /// Runs turns until there was no work for ``idleWait``.
    private func runUntilIdle() {
        csystem_set_current_loop(Unmanaged.passUnretained(self).toOpaque())
        defer { csystem_set_current_loop(nil) }
        var wait: Int32 = 0
        while !stopped {
            let count = epoll_wait(epoll, &events, Int32(EventLoop.batch), wait)
            now = csystem_monotonic()
            turns &+= 1
            if count == 0 && wait != 0 && ready.isEmpty { return }
            if count > 0 { handleEvents(Int(count)) }
            runReadyJobs()
            while !turnEndWork.isEmpty {
                let work = turnEndWork
                turnEndWork.removeAll(keepingCapacity: true)
                for one in work { one() }
                runReadyJobs()
            }
            wait = ready.isEmpty ? EventLoop.idleWait : 0
        }
        // The body of a timer may retain the loop, and the timer would never fire.
        timers.removeAll()
    }

    private func handleEvents(_ count: Int) {
        for index in 0..<min(count, events.count) {
            let token = csystem_epoll_token(&events[index])
            switch token {
            case Token.wakeup: drainInbox()
            case Token.timer: fireTimers()
            default: descriptors.handler(for: token)?.descriptorReady(Readiness(rawValue: events[index].events))
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

    /// Runs the jobs that are ready now. Jobs that they make ready wait for the next round: tasks that keep waking each other do
    /// not keep the loop from its sockets.
    private func runReadyJobs() {
        guard !ready.isEmpty else { return }
        swap(&ready, &running)
        let executor = asUnownedTaskExecutor()
        for job in running { job.runSynchronously(on: executor) }
        running.removeAll(keepingCapacity: true)
    }
}
