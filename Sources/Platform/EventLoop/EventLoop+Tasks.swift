extension EventLoop {
    /// Starts `operation` on the loop at once, up to its first suspension, and keeps it there to its end.
    /// On the loop.
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
}
