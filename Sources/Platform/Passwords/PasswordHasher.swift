import CoreMetrics
import Dispatch
import EventLoop
import Glibc
import Synchronization

/// How many passwords are hashed at a time, and how many may wait.
package struct PasswordHasherSettings: Sendable {
    /// Threads; each needs 32 MiB while it hashes.
    package var threads = 1
    /// How many passwords may wait for a thread.
    package var queueLength = 16

    package init() {}
}

/// Hashes passwords on threads of its own, since a hash keeps a CPU busy for a good part of a second. All loops share it.
///
/// The queue is bounded: what does not fit is refused at once, so that a flood of sign-ins costs neither memory nor, for those that
/// are let in, more time than the queue's length says. The threads have a lower priority than the loops.
package final class PasswordHasher: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        /// Threads that work.
        var running = 0
        /// Jobs that they are at work with.
        var executing = 0
    }

    private let settings: PasswordHasherSettings
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "passwords", attributes: .concurrent)
    private let metrics: PasswordMetrics

    package init(_ settings: PasswordHasherSettings = .init(), metrics factory: any MetricsFactory = MetricsSystem.factory) {
        self.settings = settings
        metrics = PasswordMetrics(factory)
    }

    /// Runs work that hashes, when a thread is free. On a loop. The work of a request that has ended in the meantime is not done.
    /// - Throws: ``PasswordQueueFullError`` where too many wait; the deadline's error where there was no time; what the work throws.
    package func run<Value: Sendable>(
        on loop: EventLoop, _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        loop.assertInLoop()
        let promise = Promise<Value>(on: loop)
        let deadline = Deadline.current
        let isAbandoned = Flag()
        let begun = loop.now
        let metrics = metrics
        let isTaken = submit {
            guard !isAbandoned.isSet else { return }
            let result = Result { try work() }
            loop.execute {
                metrics.time.recordNanoseconds(Int64(clamping: loop.now &- begun))
                switch result {
                case .success(let value): promise.succeed(value)
                case .failure(let error): promise.fail(error)
                }
            }
        }
        guard isTaken else {
            metrics.refused.increment()
            throw PasswordQueueFullError()
        }
        do {
            if let deadline { return try await promise.value(by: deadline) }
            return try await promise.value()
        } catch {
            isAbandoned.set()
            throw error
        }
    }

    private func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        let (isTaken, starts) = state.withLock { state -> (Bool, Bool) in
            guard state.jobs.count + state.executing < settings.queueLength + settings.threads else { return (false, false) }
            state.jobs.append(job)
            guard state.running < settings.threads else { return (true, false) }
            state.running += 1
            return (true, true)
        }
        if starts { queue.async { [self] in work() } }
        return isTaken
    }

    /// Runs jobs until there are none.
    private func work() {
        // Of this thread only (setpriority(2), "C library/kernel differences"). A little below the loops: with much less, a busy machine
        // would make a sign-in take as long as a request may.
        let process = __priority_which_t(PRIO_PROCESS.rawValue)
        let former = getpriority(process, 0)
        setpriority(process, 0, 3)
        defer { setpriority(process, 0, former) }
        while true {
            let job = state.withLock { state -> (@Sendable () -> Void)? in
                guard !state.jobs.isEmpty else {
                    state.running -= 1
                    return nil
                }
                state.executing += 1
                return state.jobs.removeFirst()
            }
            guard let job else { return }
            job()
            state.withLock { $0.executing -= 1 }
        }
    }
}

/// Whether a request has ended.
private final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}

/// What passwords cost.
struct PasswordMetrics: Sendable {
    /// From the request to the hash, with the wait.
    let time: Timer
    let refused: Counter

    init(_ factory: any MetricsFactory) {
        time = Timer(label: "commerce_password_hash_seconds", dimensions: [], factory: factory)
        refused = Counter(label: "commerce_password_refused_total", dimensions: [], factory: factory)
    }
}

/// Too many passwords wait for a thread. The request can be sent again in a few seconds.
package struct PasswordQueueFullError: Error {}
