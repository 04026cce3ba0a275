import EventLoop

/// What is written to a client bit by bit, with back-pressure: who writes faster than the client reads has to wait.
///
/// A response's body, or all that is sent on a connection that speaks another protocol. Confined to its loop. Several
/// may write: what each gives at a time stays together.
package final class OutboundStream {
    package let loop: EventLoop
    /// In the form of chunks (RFC 9112 §7.1), or as it is.
    private let isChunked: Bool
    /// Nil once the stream is over.
    private var connection: (any StreamCarrier)?
    private var room: Promise<Void>?
    private var whenFinishing: (() -> Void)?

    init(on connection: any StreamCarrier, isChunked: Bool) {
        self.connection = connection
        self.isChunked = isChunked
        loop = connection.loop
    }

    /// Sends these bytes with all else that this turn brings; waits while more than
    /// ``ServerConfiguration/maximumPendingOutput`` bytes wait for the client.
    /// - Throws: `CancellationError` where the client is gone; ``DeadlineExceededError`` after the task's ``Deadline``.
    package func write(_ bytes: [UInt8]) async throws {
        loop.assertInLoop()
        guard let connection, !connection.isClosed else { throw CancellationError() }
        guard !bytes.isEmpty else { return }
        connection.queue(bytes, asChunk: isChunked)
        connection.flushLater()
        guard isFull else { return }
        connection.flush()
        guard isFull else { return }
        let promise = room ?? Promise<Void>(on: loop)
        room = promise
        if let deadline = Deadline.current {
            try await promise.value(by: deadline)
        } else {
            try await promise.value()
        }
    }

    /// Sends these bytes without waiting, however many wait already: for the few that keep a connection alive, or end it.
    package func post(_ bytes: [UInt8]) {
        loop.assertInLoop()
        guard let connection, !connection.isClosed, !bytes.isEmpty else { return }
        connection.queue(bytes, asChunk: isChunked)
        connection.flushLater()
    }

    /// Cuts the connection off: the client is gone, or cannot be spoken to.
    package func abort() {
        loop.assertInLoop()
        connection?.close()
    }

    /// Whether a ``write(_:)`` would have to wait: for writers that can leave out what is soon stale.
    package var isFull: Bool {
        guard let connection else { return true }
        return connection.isOutputFull
    }

    /// Has `body` called when the server ends, once: the time to say good-bye and return. At once where it ends already.
    package func whenFinishing(_ body: @escaping () -> Void) {
        guard connection?.isFinishing == false else { return body() }
        whenFinishing = body
    }

    // MARK: The connection's side

    func serverFinishes() {
        let body = whenFinishing
        whenFinishing = nil
        body?()
    }

    /// The client has taken what waited.
    func hasRoom() {
        room?.succeed(())
        room = nil
    }

    /// Nothing more can be written: the stream is over, or the connection is gone.
    func end() {
        connection = nil
        whenFinishing = nil
        room?.fail(CancellationError())
    }
}
