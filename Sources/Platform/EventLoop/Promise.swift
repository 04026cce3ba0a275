/// A future value, made and awaited on one loop. Any number of tasks may wait for it.
///
/// Confined to its loop, so it needs no lock. Only cancellation comes from elsewhere, and is passed to the loop.
// Unchecked: confined to its loop, as above; entry points assert it.
package final class Promise<Value>: @unchecked Sendable {
    private enum State {
        case pending([Waiter])
        case resolved(Result<Value, any Error>)
    }

    private struct Waiter {
        let id: UInt64
        let continuation: UnsafeContinuation<Result<Value, any Error>, Never>
    }

    private let loop: EventLoop
    private var state = State.pending([])
    private var waiters: UInt64 = 0

    package init(on loop: EventLoop) { self.loop = loop }

    /// Whether it has its value or error.
    package var isResolved: Bool {
        if case .resolved = state { true } else { false }
    }

    /// Sets the value; without effect when there is a value or an error already. On the loop.
    package func succeed(_ value: Value) { resolve(.success(value)) }

    /// Sets the error; without effect when there is a value or an error already. On the loop.
    package func fail(_ error: any Error) { resolve(.failure(error)) }

    private func resolve(_ result: Result<Value, any Error>) {
        loop.assertInLoop()
        guard case .pending(let waiting) = state else { return }
        state = .resolved(result)
        // Safe: the waiting tasks run on this loop.
        nonisolated(unsafe) let result = result
        for waiter in waiting { waiter.continuation.resume(returning: result) }
    }

    /// The value. Does not suspend when it is available. On the loop.
    /// - Throws: the error of ``fail(_:)``, or `CancellationError` once the waiting task is cancelled. The promise and its other
    ///   waiters go on.
    package func value() async throws -> Value {
        loop.assertInLoop()
        if case .resolved(let result) = state { return try result.get() }
        waiters &+= 1
        let id = waiters
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                wait(Waiter(id: id, continuation: continuation))
            }
        } onCancel: {
            loop.execute { self.abandon(id) }
        }
        return try result.get()
    }

    /// The value, if it is available by a deadline. On the loop.
    /// - Throws: as ``value()``, and ``DeadlineExceededError``.
    package func value(by deadline: Deadline) async throws -> Value {
        if case .resolved(let result) = state { return try result.get() }
        // The id that this task gets below: nothing runs in between.
        let id = waiters &+ 1
        let timer = loop.schedule(at: deadline.instant) { [self] in abandon(id, DeadlineExceededError()) }
        defer { timer.cancel() }
        return try await value()
    }

    private func wait(_ waiter: Waiter) {
        if Task.isCancelled { return waiter.continuation.resume(returning: .failure(CancellationError())) }
        guard case .pending(var waiting) = state else { return }
        state = .pending([])
        waiting.append(waiter)
        state = .pending(waiting)
    }

    private func abandon(_ id: UInt64, _ error: any Error = CancellationError()) {
        guard case .pending(var waiting) = state, let index = waiting.firstIndex(where: { $0.id == id }) else { return }
        let waiter = waiting.remove(at: index)
        state = .pending(waiting)
        // Safe: the waiting task runs on this loop.
        nonisolated(unsafe) let result = Result<Value, any Error>.failure(error)
        waiter.continuation.resume(returning: result)
    }
}
